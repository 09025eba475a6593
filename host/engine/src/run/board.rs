//! What a run knows of its nodes, behind one lock.

use std::collections::HashMap;
use std::time::Duration;

use wirebrush_schema::Failure;

use crate::cache::Outputs;
use crate::event::{Event, Events};
use crate::plan::Plan;
use crate::schedule::{Duty, Schedule};
use crate::{NodeKey, NodeState, Reuse};

/// What was found about a node before the run.
pub(super) enum Found {
    /// Nobody needs it.
    Unneeded,
    /// Its result.
    Here(Outputs, Reuse),
    /// It has to be done.
    Duty(Duty),
}

/// What a run knows of its nodes.
pub(super) struct Board {
    pub(super) schedule: Schedule,
    /// By node: its outputs, as long as somebody will want them.
    pub(super) slots: Vec<Option<Outputs>>,
    /// By node: how often somebody will want its outputs.
    uses: Vec<u32>,
    /// By node: what became of it, once that is known.
    pub(super) states: Vec<Option<NodeState>>,
    pub(super) took: Vec<Duration>,
    twins: HashMap<u32, Vec<u32>>,
    /// Nodes of which nothing became yet.
    pub(super) left: usize,
    pub(super) workers: usize,
    pub(super) idle: usize,
    /// No further node shall start.
    pub(super) stop: bool,
}

impl Board {
    /// Takes down what was found, and tells it.
    pub(super) fn new(plan: &Plan, found: Vec<Found>, events: &Events<'_>) -> Self {
        let count = plan.nodes.len();
        let duties: Vec<Duty> = found
            .iter()
            .map(|found| match found {
                Found::Unneeded | Found::Here(..) => Duty::Nothing,
                Found::Duty(duty) => *duty,
            })
            .collect();
        let left = duties.iter().filter(|duty| **duty != Duty::Nothing).count();
        let cached = found.iter().filter(|found| matches!(found, Found::Here(..))).count();
        events.emit(Event::RunStarted { to_run: left, cached });
        let mut uses = vec![0; count];
        for target in &plan.wanted {
            uses[target.node as usize] += 1;
        }
        let mut twins: HashMap<u32, Vec<u32>> = HashMap::new();
        for (index, duty) in duties.iter().enumerate() {
            match duty {
                Duty::Nothing => {}
                Duty::Run => plan.nodes[index].upstream().for_each(|up| uses[up as usize] += 1),
                Duty::Twin(first) => twins.entry(*first).or_default().push(index as u32),
            }
        }
        let mut board = Self {
            schedule: Schedule::new(plan, duties),
            slots: vec![None; count],
            states: vec![None; count],
            took: vec![Duration::ZERO; count],
            uses,
            twins,
            left,
            workers: 1,
            idle: 0,
            stop: false,
        };
        for (index, found) in found.into_iter().enumerate() {
            let node = || plan.nodes[index].key.clone();
            match found {
                Found::Unneeded => board.states[index] = Some(NodeState::Unneeded),
                Found::Here(outputs, from) => {
                    events.emit(Event::NodeCached { node: node(), from });
                    board.slots[index] = Some(outputs);
                    board.states[index] = Some(NodeState::Cached(from));
                }
                Found::Duty(_) => {
                    events
                        .emit(Event::NodeQueued { node: node(), node_type: plan.nodes[index].ty.id.clone() });
                }
            }
        }
        board
    }

    /// Whether no node will start any more.
    pub(super) fn is_over(&self) -> bool {
        self.stop || self.left == 0
    }

    /// Takes down that a node's outputs are there, also for its twins.
    pub(super) fn succeed(
        &mut self,
        plan: &Plan,
        node: u32,
        outputs: Outputs,
        state: NodeState,
        events: &Events<'_>,
        released: &mut Vec<Outputs>,
    ) {
        for twin in self.twins.remove(&node).unwrap_or_default() {
            events.emit(Event::NodeCached { node: plan.nodes[twin as usize].key.clone(), from: Reuse::Twin });
            self.place(plan, twin, outputs.clone(), NodeState::Cached(Reuse::Twin));
        }
        self.place(plan, node, outputs, state);
        self.release_inputs(plan, node, released);
    }

    /// Takes down that a node failed, its twins with it, and that nothing behind them can run.
    pub(super) fn fail(
        &mut self,
        plan: &Plan,
        node: u32,
        failure: Failure,
        events: &Events<'_>,
        released: &mut Vec<Outputs>,
    ) {
        let mut failed = vec![node];
        for twin in self.twins.remove(&node).unwrap_or_default() {
            let node = plan.nodes[twin as usize].key.clone();
            events.emit(Event::NodeFailed { node, message: failure.to_string(), failure: failure.clone() });
            failed.push(twin);
        }
        for node in &failed {
            self.conclude(*node, NodeState::Failed(failure.clone()));
        }
        self.release_inputs(plan, node, released);
        for node in failed {
            let because = plan.nodes[node as usize].key.clone();
            self.skip_behind(plan, node, &because, events, released);
        }
    }

    fn skip_behind(
        &mut self,
        plan: &Plan,
        node: u32,
        because: &NodeKey,
        events: &Events<'_>,
        released: &mut Vec<Outputs>,
    ) {
        let mut behind: Vec<u32> = plan.consumers[node as usize].clone();
        while let Some(node) = behind.pop() {
            let idle = self.schedule.duty(node) == Duty::Run && self.states[node as usize].is_none();
            if !idle {
                continue;
            }
            let twins = self.twins.remove(&node).unwrap_or_default();
            for skipped in [node].into_iter().chain(twins) {
                let key = plan.nodes[skipped as usize].key.clone();
                events.emit(Event::NodeSkipped { node: key, because: because.clone() });
                self.conclude(skipped, NodeState::Skipped(because.clone()));
                behind.extend(&plan.consumers[skipped as usize]);
            }
            self.release_inputs(plan, node, released);
        }
    }

    fn place(&mut self, plan: &Plan, node: u32, outputs: Outputs, state: NodeState) {
        if self.uses[node as usize] > 0 {
            self.slots[node as usize] = Some(outputs);
        }
        self.conclude(node, state);
        self.schedule.satisfy(plan, node);
    }

    fn conclude(&mut self, node: u32, state: NodeState) {
        self.states[node as usize] = Some(state);
        self.left -= 1;
    }

    /// Gives up what only this node still wanted.
    fn release_inputs(&mut self, plan: &Plan, node: u32, released: &mut Vec<Outputs>) {
        for up in plan.nodes[node as usize].upstream() {
            let uses = &mut self.uses[up as usize];
            *uses -= 1;
            if *uses == 0 {
                released.extend(self.slots[up as usize].take());
            }
        }
    }
}
