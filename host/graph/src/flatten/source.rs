//! Where the value of an output really comes from, when its node does not run itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::{Input, Link};

/// What stands behind an output.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// The output of a node.
    Link(Link),
    /// A value of the document.
    Literal(Json),
    /// Several of both.
    List(Vec<Input>),
    /// Nothing.
    Nothing,
}

/// Outputs that stand for something else: those of instances and of bypassed nodes.
#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<Link, Source>);

impl Sources {
    pub(super) fn insert(&mut self, output: Link, source: Source) {
        self.0.insert(output, source);
    }

    /// The outputs that stand for something else.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Link> {
        self.0.keys()
    }

    /// What stands behind an output in the end; links in a list are not followed.
    pub(super) fn follow(&self, link: &Link) -> Source {
        let mut at = link;
        let mut seen = BTreeSet::new();
        loop {
            match self.0.get(at) {
                None => return Source::Link(at.clone()),
                Some(Source::Link(next)) if seen.insert(at) => at = next,
                // Bypassed nodes wired in a circle: there is no value.
                Some(Source::Link(_)) => return Source::Nothing,
                Some(other) => return other.clone(),
            }
        }
    }

    /// The items of an input with every link followed, lists within lists spliced in; `None` when they are more than
    /// `room`, from which they are taken.
    pub(super) fn items(&self, input: &Input, room: &mut usize) -> Option<Vec<Input>> {
        let mut open: Vec<Input> = input.items().iter().rev().cloned().collect();
        let mut items = Vec::new();
        while let Some(item) = open.pop() {
            // Bypassed lists can multiply, and be wired in a circle.
            *room = room.checked_sub(1)?;
            let Input::Link(link) = &item else {
                items.push(item);
                continue;
            };
            match self.follow(link) {
                Source::Link(found) => items.push(Input::Link(found)),
                Source::Literal(value) => items.push(Input::Literal(value)),
                Source::List(inner) => open.extend(inner.into_iter().rev()),
                Source::Nothing => {}
            }
        }
        Some(items)
    }
}

impl From<&Input> for Source {
    fn from(input: &Input) -> Self {
        match input {
            Input::Link(link) => Self::Link(link.clone()),
            Input::Literal(value) => Self::Literal(value.clone()),
            Input::List(items) => Self::List(items.clone()),
        }
    }
}
