//! A text node: one prompt that stands for many.

use wirebrush_sdk::prelude::*;

/// Picks one of the alternatives in each pair of braces.
#[derive(Default)]
struct Variants;

impl Node for Variants {
    fn definition() -> Definition {
        Definition::new("example.variants/Variants", "text")
            .description(
                "Picks one of the alternatives in each pair of braces: `a {red|blue} cup on {wood|stone}`.",
            )
            .input(Port::text("text", "").widget("textarea"))
            .input(Port::seed("seed", 0).tooltip("Another seed, another choice."))
            .output(Port::new("text", Kind::TEXT))
            .output(Port::new("count", Kind::INT).tooltip("How many different texts there are."))
            .bypass("text", "text")
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let pattern = inputs.text("text")?;
        let mut seed = inputs.seed("seed")?;

        let (mut text, mut count) = (String::new(), 1_i64);
        let mut rest = pattern.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            let (inside, after) = behind.split_once('}').ok_or_else(|| {
                Failure::invalid("text", format!("expected a `}}` behind `{{{behind}`, found the end"))
            })?;
            if inside.contains('{') {
                let why = format!("expected alternatives without braces, found `{{{inside}}}`");
                return Err(Failure::invalid("text", why));
            }
            let alternatives: Vec<&str> = inside.split('|').collect();
            text.push_str(before);
            text.push_str(alternatives[next(&mut seed) as usize % alternatives.len()]);
            count = count.saturating_mul(alternatives.len() as i64);
            rest = after;
        }
        text.push_str(rest);
        Ok(Outputs::new().with("text", text).with("count", count))
    }
}

/// The next of a row of random numbers: SplitMix64, which is good from the first number on, whatever the seed.
fn next(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ bits >> 31) >> 32) as u32
}

export_nodes!(Variants);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wirebrush_sdk::testing;

    fn run(text: &str, seed: u64) -> Result<(String, i64)> {
        let outputs = testing::run::<Variants>(Inputs::new().with("text", text).with("seed", seed))?;
        Ok((outputs.value("text")?, outputs.value("count")?))
    }

    #[test]
    fn text_without_braces_stays() {
        assert_eq!(run("a cup of tea", 7).unwrap(), ("a cup of tea".to_owned(), 1));
    }

    #[test]
    fn every_alternative_comes_up_and_nothing_else() {
        let seen: BTreeSet<String> =
            (0..100).map(|seed| run("a {red|blue} {cup|pot|}", seed).unwrap().0).collect();
        let all = ["a blue ", "a blue cup", "a blue pot", "a red ", "a red cup", "a red pot"];
        assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), all);
        assert_eq!(run("a {red|blue} {cup|pot|}", 0).unwrap().1, 6);
    }

    #[test]
    fn a_missing_brace_is_said() {
        let failure = run("a {red|blue cup", 0).unwrap_err();
        assert_eq!(failure.to_string(), "input `text`: expected a `}` behind `{red|blue cup`, found the end");
        assert!(run("a {red|{blue}}", 0).is_err());
    }
}
