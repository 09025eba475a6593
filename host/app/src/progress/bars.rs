//! Events as progress bars.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use wirebrush_engine::{Event, NodeKey};

use super::lines::{duration, important, reuse};
use crate::output::plain;

/// One bar for each node that runs now; finished nodes become lines above.
#[derive(Default)]
pub(crate) struct Bars {
    all: MultiProgress,
    nodes: Mutex<HashMap<NodeKey, ProgressBar>>,
}

impl Bars {
    pub(super) fn show(&self, event: &Event) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::NodeStarted { node } => {
                let bar = self.all.add(ProgressBar::no_length().with_prefix(node.to_string()));
                bar.set_style(style("{spinner} {prefix:.bold} {msg} {elapsed}"));
                bar.enable_steady_tick(Duration::from_millis(120));
                nodes.insert(node.clone(), bar);
            }
            Event::NodeProgress { node, step, total, message } => {
                let Some(bar) = nodes.get(node) else { return };
                if *total > 0 && bar.length() != Some(*total) {
                    bar.set_length(*total);
                    bar.set_style(style("{spinner} {prefix:.bold} {bar:30} {pos}/{len} {msg} {eta} left"));
                }
                bar.set_position(*step);
                bar.set_message(plain(message).into_owned());
            }
            Event::NodeFinished { node, ms } => {
                self.end(&mut nodes, node, &format!("{node}: done in {}", duration(*ms)));
            }
            Event::NodeCached { node, from } => {
                self.end(&mut nodes, node, &format!("{node}: cached ({})", reuse(*from)));
            }
            Event::NodeCancelled { node } => self.end(&mut nodes, node, &format!("{node}: cancelled")),
            other => {
                if let (Event::NodeFailed { node, .. }, Some(line)) = (other, important(other)) {
                    self.end(&mut nodes, node, &line);
                } else if let Some(line) = important(other) {
                    self.print(&line);
                }
            }
        }
    }

    fn end(&self, nodes: &mut HashMap<NodeKey, ProgressBar>, node: &NodeKey, line: &str) {
        if let Some(bar) = nodes.remove(node) {
            bar.finish_and_clear();
        }
        self.print(line);
    }

    fn print(&self, line: &str) {
        // A terminal that went away is no reason to stop a run.
        let _ = self.all.println(line);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants")
}
