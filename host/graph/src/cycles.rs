//! Finds cycles by name, without recursion.

use std::collections::{BTreeMap, BTreeSet};

/// How many cycles are reported at most; each further one costs a pass over the graph.
const MOST: usize = 20;

/// For each name, the names it needs.
pub(crate) type Needs<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Cycles that share no name, each from its smallest name on, every name needing the next. Needs that are no keys
/// are ignored.
pub(crate) fn cycles<'a>(needs: &Needs<'a>) -> Vec<Vec<&'a str>> {
    if order(needs).len() == needs.len() {
        return Vec::new();
    }
    let mut left = needs.clone();
    let mut found = Vec::new();
    while found.len() < MOST {
        trim(&mut left);
        let Some(start) = left.keys().next().copied() else { break };
        let cycle = walk(&left, start);
        for name in &cycle {
            left.remove(name);
        }
        found.push(cycle);
    }
    found
}

/// As a sentence has it: `a → b → a`.
pub(crate) fn shown(cycle: &[&str]) -> String {
    cycle.iter().chain(cycle.first()).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ")
}

/// The names in an order in which each comes behind what it needs; those on cycles, or behind one, are missing.
pub(crate) fn order<'a>(needs: &Needs<'a>) -> Vec<&'a str> {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut users: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    let mut order: Vec<&'a str> = Vec::new();
    for (name, needed) in needs {
        let mut count = 0;
        for it in needed.iter().filter(|it| needs.contains_key(*it)) {
            users.entry(it).or_default().push(name);
            count += 1;
        }
        if count == 0 {
            order.push(name);
        }
        open.insert(name, count);
    }
    let mut next = 0;
    while let Some(done) = order.get(next).copied() {
        next += 1;
        for user in users.get(done).into_iter().flatten() {
            if let Some(count) = open.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    order.push(user);
                }
            }
        }
    }
    order
}

/// Leaves only names that need one of the others left: everything left leads into a cycle.
fn trim(left: &mut Needs<'_>) {
    for name in order(left) {
        left.remove(name);
    }
    let names: BTreeSet<&str> = left.keys().copied().collect();
    for needed in left.values_mut() {
        needed.retain(|it| names.contains(it));
    }
}

/// Follows needs until a name comes again. In a trimmed graph there is always a next one.
fn walk<'a>(left: &Needs<'a>, start: &'a str) -> Vec<&'a str> {
    let mut path: Vec<&'a str> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut at = start;
    while !places.contains_key(at) {
        places.insert(at, path.len());
        path.push(at);
        match left.get(at).and_then(|needed| needed.first()) {
            Some(next) => at = next,
            None => break,
        }
    }
    let mut cycle = path.split_off(places.get(at).copied().unwrap_or(0));
    let smallest = cycle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(index, _)| index);
    cycle.rotate_left(smallest);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(edges: &[(&'static str, &[&'static str])], expected: &[&str]) {
        let needs: Needs<'_> =
            edges.iter().map(|(name, needed)| (*name, needed.iter().copied().collect())).collect();
        assert_eq!(cycles(&needs).iter().map(|it| shown(it)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_cycle_is_named_once() {
        check(&[("a", &["b"]), ("b", &[]), ("c", &["a", "b", "x"])], &[]);
        check(&[("a", &["a"])], &["`a` → `a`"]);
        check(
            &[
                ("z", &["b"]),
                ("b", &["c"]),
                ("c", &["a"]),
                ("a", &["b", "q"]),
                ("q", &[]),
                ("y", &["x"]),
                ("x", &["y"]),
            ],
            &["`a` → `b` → `c` → `a`", "`x` → `y` → `x`"],
        );
    }

    #[test]
    fn the_order_puts_needs_first_and_leaves_cycles_out() {
        let needs: Needs<'_> =
            [("a", ["b"]), ("b", ["c"]), ("c", ["?"]), ("x", ["y"]), ("y", ["x"]), ("z", ["x"])]
                .into_iter()
                .map(|(name, needed)| (name, needed.into_iter().collect()))
                .collect();
        assert_eq!(order(&needs), ["c", "b", "a"]);
    }
}
