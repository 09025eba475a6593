//! From the engine's events to the state of each node and the progress of the whole run.
//!
//! No threads, no clock, no sockets: what is told when is up to the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirebrush_engine::{Event, NodeKey, Plan};
use wirebrush_schema::Failure;

use super::shapes::{NodeRun, NodeState};

/// What is known of a run under way.
#[derive(Debug)]
pub(crate) struct Tracker {
    nodes: BTreeMap<NodeKey, NodeRun>,
    /// Whether it is known which nodes need not run.
    sorted: bool,
    done: usize,
    error: Option<String>,
    progressed: BTreeSet<NodeKey>,
    unsaved: BTreeSet<NodeKey>,
}

impl Tracker {
    /// A run of which nothing has happened yet: the nodes of the plan are queued, muted ones skipped.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut nodes: BTreeMap<_, _> =
            plan.nodes().map(|(key, _)| (key.clone(), NodeRun::new(NodeState::Queued))).collect();
        for (key, why) in plan.skipped() {
            let skipped = NodeRun { message: Some(why.clone()), ..NodeRun::new(NodeState::Skipped) };
            nodes.insert(key.clone(), skipped);
        }
        Self::of(nodes)
    }

    fn of(nodes: BTreeMap<NodeKey, NodeRun>) -> Self {
        let unsaved = nodes.keys().cloned().collect();
        Self { nodes, sorted: false, done: 0, error: None, progressed: BTreeSet::new(), unsaved }
    }

    /// Takes note of an event that came `at` after the run's start; gives the nodes whose state changed.
    ///
    /// Mere progress is not among them: see [`Tracker::take_progressed`].
    pub(crate) fn note(&mut self, event: &Event, at: Duration) -> Vec<NodeKey> {
        let mut changed = Vec::new();
        match event {
            // Those that nobody queues from now on need not run: something behind them is there already.
            Event::RunStarted { .. } => self.assume_cached(),
            Event::RunQueued { .. } => {}
            Event::NodeQueued { node, .. } => self.change(node, |it| *it = NodeRun::new(NodeState::Queued)),
            Event::NodeCached { node, .. } => self.change(node, |it| *it = NodeRun::new(NodeState::Cached)),
            _ if !self.sorted => {
                self.sorted = true;
                changed.extend(self.nodes.keys().cloned());
            }
            _ => {}
        }
        match event {
            Event::NodeStarted { node } => self.change(node, |it| {
                *it = NodeRun { started_ms: Some(millis(at)), ..NodeRun::new(NodeState::Running) };
            }),
            Event::NodeProgress { node, step, total, message } => {
                if let Some(run) = self.nodes.get_mut(node) {
                    run.step = Some(*step);
                    run.total = Some(*total);
                    run.message = Some(message.clone()).filter(|it| !it.is_empty());
                    self.progressed.insert(node.clone());
                }
            }
            Event::NodeFinished { node, ms } => self.change(node, |it| {
                it.state = NodeState::Finished;
                it.ms = Some(rounded(*ms));
                it.message = None;
            }),
            Event::NodeFailed { node, message, failure } => {
                self.error.get_or_insert_with(|| format!("{node}: {message}"));
                self.change(node, |it| {
                    it.state = NodeState::Failed;
                    it.ms = it.started_ms.map(|start| millis(at).saturating_sub(start) as f64);
                    it.error = Some(message.clone());
                    it.port = match failure {
                        Failure::InvalidInput { port, .. } => Some(port.clone()),
                        _ => None,
                    };
                });
            }
            Event::NodeCancelled { node } => self.change(node, |it| {
                it.state = NodeState::Cancelled;
                it.ms = it.started_ms.map(|start| millis(at).saturating_sub(start) as f64);
            }),
            Event::NodeSkipped { node, because } => self.change(node, |it| {
                it.state = NodeState::Skipped;
                it.message = Some(format!("`{because}` failed"));
            }),
            _ => {}
        }
        if self.sorted
            && let Some(node) = event.node()
            && changed.is_empty()
            && !matches!(
                event,
                Event::NodePreview { .. } | Event::NodeLog { .. } | Event::NodeProgress { .. }
            )
        {
            changed.push(node.clone());
        }
        for node in &changed {
            self.progressed.remove(node);
        }
        changed
    }

    /// Takes note that the run is over `at` this time after its start: what was not done by then is cancelled. Gives
    /// the nodes whose state changed; none when the engine ended the run itself.
    pub(crate) fn stop(&mut self, at: Duration) -> Vec<NodeKey> {
        let open = |it: &NodeRun| matches!(it.state, NodeState::Queued | NodeState::Running);
        let stopped: Vec<_> =
            self.nodes.iter().filter(|(_, it)| open(it)).map(|(key, _)| key.clone()).collect();
        for node in &stopped {
            self.note(&Event::NodeCancelled { node: node.clone() }, at);
        }
        stopped
    }

    /// The nodes that have got further since somebody last asked, without a change of state.
    pub(crate) fn take_progressed(&mut self) -> BTreeSet<NodeKey> {
        std::mem::take(&mut self.progressed)
    }

    /// The nodes whose state changed since somebody last asked.
    pub(crate) fn take_unsaved(&mut self) -> Vec<(NodeKey, NodeRun)> {
        let unsaved = std::mem::take(&mut self.unsaved).into_iter();
        unsaved.filter_map(|node| self.nodes.get(&node).cloned().map(|it| (node, it))).collect()
    }

    /// What became of a node so far.
    pub(crate) fn node(&self, node: &NodeKey) -> Option<&NodeRun> {
        self.nodes.get(node)
    }

    /// What became of each node so far.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&NodeKey, &NodeRun)> {
        self.nodes.iter()
    }

    /// Nodes done, cached ones included.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// The first failure as a sentence that begins with the node's name.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    fn assume_cached(&mut self) {
        for (key, node) in &mut self.nodes {
            if node.state == NodeState::Queued {
                node.state = NodeState::Cached;
                self.unsaved.insert(key.clone());
                self.done += 1;
            }
        }
    }

    fn change(&mut self, node: &NodeKey, change: impl FnOnce(&mut NodeRun)) {
        let is_done = |it: &NodeRun| matches!(it.state, NodeState::Cached | NodeState::Finished);
        let Some(run) = self.nodes.get_mut(node) else { return };
        let before = is_done(run);
        change(run);
        self.done = self.done + usize::from(is_done(run)) - usize::from(before);
        self.unsaved.insert(node.clone());
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// To a hundredth of a millisecond: more digits say nothing and make events longer.
fn rounded(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use wirebrush_engine::Reuse;

    use super::*;

    fn tracker(nodes: &[&str]) -> Tracker {
        Tracker::of(nodes.iter().map(|it| ((*it).into(), NodeRun::new(NodeState::Queued))).collect())
    }

    fn queued(node: &str) -> Event {
        Event::NodeQueued { node: node.into(), node_type: "test/Node".into() }
    }

    fn note(tracker: &mut Tracker, event: Event) -> Vec<String> {
        let changed = tracker.note(&event, Duration::from_millis(7));
        changed.iter().map(|node| format!("{node} {:?}", tracker.node(node).unwrap().state)).collect()
    }

    #[test]
    fn a_node_that_nobody_queues_is_cached_like_the_one_that_spares_it() {
        let mut tracker = tracker(&["encode", "photo", "sample"]);
        assert!(note(&mut tracker, Event::RunQueued { nodes: 3 }).is_empty());
        note(&mut tracker, Event::RunStarted { to_run: 1, cached: 1 });
        note(&mut tracker, Event::NodeCached { node: "encode".into(), from: Reuse::Memory });
        assert!(note(&mut tracker, queued("sample")).is_empty());
        let told = note(&mut tracker, Event::NodeStarted { node: "sample".into() });
        assert_eq!(told, ["encode Cached", "photo Cached", "sample Running"]);
        assert_eq!(tracker.done(), 2);
    }

    #[test]
    fn a_node_is_told_once_per_state_and_keeps_its_times() {
        let mut tracker = tracker(&["a", "b"]);
        note(&mut tracker, Event::RunStarted { to_run: 2, cached: 0 });
        note(&mut tracker, queued("a"));
        note(&mut tracker, queued("b"));
        assert_eq!(note(&mut tracker, Event::NodeStarted { node: "a".into() }), ["a Running", "b Queued"]);
        assert_eq!(note(&mut tracker, Event::NodeFinished { node: "a".into(), ms: 1.23456 }), ["a Finished"]);
        let a = tracker.node(&"a".into()).unwrap();
        assert_eq!((a.started_ms, a.ms), (Some(7), Some(1.23)));
        assert_eq!(tracker.done(), 1);
    }

    #[test]
    fn progress_waits_until_somebody_asks_and_the_newest_counts() {
        let mut tracker = tracker(&["a"]);
        note(&mut tracker, Event::RunStarted { to_run: 1, cached: 0 });
        note(&mut tracker, queued("a"));
        note(&mut tracker, Event::NodeStarted { node: "a".into() });
        tracker.take_unsaved();
        for step in 1..=3 {
            let progress = Event::NodeProgress { node: "a".into(), step, total: 9, message: String::new() };
            assert!(note(&mut tracker, progress).is_empty());
        }
        assert_eq!(tracker.take_progressed().len(), 1);
        assert_eq!(tracker.node(&"a".into()).unwrap().step, Some(3));
        assert!(tracker.take_progressed().is_empty());
        assert!(tracker.take_unsaved().is_empty(), "progress is not for the disk");
    }

    #[test]
    fn the_first_failure_is_the_runs_and_names_node_and_port() {
        let mut tracker = tracker(&["load", "other", "save"]);
        note(&mut tracker, Event::RunStarted { to_run: 3, cached: 0 });
        for node in ["load", "other", "save"] {
            note(&mut tracker, queued(node));
        }
        for (node, port) in [("load", "file"), ("other", "x")] {
            let failure = Failure::invalid(port, "gone");
            note(
                &mut tracker,
                Event::NodeFailed { node: node.into(), message: failure.to_string(), failure },
            );
        }
        note(&mut tracker, Event::NodeSkipped { node: "save".into(), because: "load".into() });
        assert_eq!(tracker.error(), Some("load: input `file`: gone"));
        let load = tracker.node(&"load".into()).unwrap();
        assert_eq!((load.state, load.port.as_deref()), (NodeState::Failed, Some("file")));
        let save = tracker.node(&"save".into()).unwrap();
        assert_eq!((save.state, save.message.as_deref()), (NodeState::Skipped, Some("`load` failed")));
        assert_eq!(tracker.done(), 0);
    }
}
