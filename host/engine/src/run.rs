//! One run: find what is there already, then work through the rest on as many threads as there is work for.
//!
//! The calling thread runs nodes itself and goes on with whatever the last one made ready, so a chain never changes
//! threads; a helper starts only when another node is ready meanwhile.

mod board;
mod node;

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::time::Instant;

use crate::cache::Outputs;
use crate::event::{Event, Events};
use crate::fingerprint::Prepared;
use crate::plan::{Plan, Target};
use crate::schedule::Duty;
use crate::{CancelToken, Engine, NodeResult, NodeState, Report, RunOutput, RunResult, RunStatus};
use board::{Board, Found};
use node::{Inputs, Outcome};

// As much as a main thread usually has; native nodes recurse as deeply as they please.
const STACK_BYTES: usize = 8 << 20;

/// A run under way.
pub(crate) struct Run<'a> {
    engine: &'a Engine,
    plan: &'a Plan,
    events: Events<'a>,
    cancel: &'a CancelToken,
    prepared: Prepared,
    board: Mutex<Board>,
    /// Somebody idle has something to do.
    wake: Condvar,
    begin: Instant,
}

impl<'a> Run<'a> {
    /// Reads files, computes fingerprints and looks through the caches.
    pub(crate) fn new(
        engine: &'a Engine,
        plan: &'a Plan,
        listener: &'a (dyn Fn(Report) + Sync),
        cancel: &'a CancelToken,
    ) -> Self {
        let begin = Instant::now();
        let events = Events::new(listener);
        events.emit(Event::RunQueued { nodes: plan.len() });
        let prepared = Prepared::new(plan, &*engine.environment);
        let found = find(engine, plan, &prepared, cancel);
        let board = Mutex::new(Board::new(plan, found, &events));
        Self { engine, plan, events, cancel, prepared, board, wake: Condvar::new(), begin }
    }

    /// Runs what has to run, and says what came of it.
    pub(crate) fn finish(self) -> RunResult {
        if !self.lock().is_over() {
            thread::scope(|scope| self.work(scope));
        }
        let engine = self.engine;
        let result = self.conclude();
        // Handles may have grown while they were used, and what was used can go now.
        engine.caches.memory.trim();
        result
    }

    fn work<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let _bail = Bail(self);
        while let Some((node, inputs)) = self.next(scope) {
            let outcome = self.execute(node, inputs);
            self.settle(node, outcome);
        }
    }

    /// Waits for a node that can run, and finds help when there is another; `None` when the run is over.
    fn next<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> Option<(u32, Inputs)> {
        let mut board = self.lock();
        loop {
            if self.cancel.is_cancelled() {
                board.stop = true;
            }
            if board.is_over() {
                board.workers -= 1;
                self.wake.notify_all();
                return None;
            }
            if let Some(node) = board.schedule.next(self.plan) {
                let inputs = self.gather(&board, node);
                let mut hire = false;
                if board.schedule.has_next(self.plan) {
                    if board.idle > 0 {
                        self.wake.notify_one();
                    } else if board.workers < self.engine.threads {
                        board.workers += 1;
                        hire = true;
                    }
                }
                drop(board);
                if hire {
                    self.hire(scope);
                }
                return Some((node, inputs));
            }
            board.idle += 1;
            board = self.wake.wait(board).unwrap_or_else(PoisonError::into_inner);
            board.idle -= 1;
        }
    }

    fn hire<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let helper = thread::Builder::new().name("wirebrush-node".to_owned()).stack_size(STACK_BYTES);
        if helper.spawn_scoped(scope, || self.work(scope)).is_err() {
            // Without help it takes longer, that is all.
            self.lock().workers -= 1;
        }
    }

    /// Takes down what came of a node, and what follows from it.
    fn settle(&self, node: u32, outcome: Outcome) {
        let mut released = Vec::new();
        let mut board = self.lock();
        board.schedule.leave(self.plan, node);
        match outcome {
            Outcome::Done { outputs, took } => {
                board.took[node as usize] = took;
                board.succeed(self.plan, node, outputs, NodeState::Done, &self.events, &mut released);
            }
            Outcome::Reused { outputs, from } => {
                board.succeed(self.plan, node, outputs, NodeState::Cached(from), &self.events, &mut released);
            }
            Outcome::Failed { failure, took } => {
                board.took[node as usize] = took;
                board.fail(self.plan, node, failure, &self.events, &mut released);
            }
            Outcome::Cancelled => board.stop = true,
        }
        drop(board);
        // Freeing gigabytes takes its time; nobody shall wait for it.
        drop(released);
    }

    fn conclude(self) -> RunResult {
        let Self { engine, plan, events, begin, board, .. } = self;
        let mut board = board.into_inner().unwrap_or_else(PoisonError::into_inner);
        let stopped = board.left > 0;
        let nodes: Vec<NodeResult> = plan
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let state = board.states[index].take().unwrap_or_else(|| {
                    events.emit(Event::NodeCancelled { node: node.key.clone() });
                    NodeState::Cancelled
                });
                NodeResult { key: node.key.clone(), state, took: board.took[index] }
            })
            .collect();
        let outputs = plan
            .wanted
            .iter()
            .filter_map(|target| wanted_output(plan, target, board.slots[target.node as usize].as_ref()?));
        let outputs = outputs.collect();
        for message in engine.caches.disk.iter().flat_map(|disk| disk.take_warnings()) {
            events.emit(Event::RunWarning { message: format!("disk cache: {message}") });
        }
        let failed: Vec<_> = nodes
            .iter()
            .filter(|node| matches!(node.state, NodeState::Failed(_)))
            .map(|node| node.key.clone())
            .collect();
        let elapsed = begin.elapsed();
        let ms = elapsed.as_secs_f64() * 1e3;
        let (status, end) = if stopped {
            (RunStatus::Cancelled, Event::RunCancelled { ms })
        } else if failed.is_empty() {
            (RunStatus::Finished, Event::RunFinished { ms })
        } else {
            (RunStatus::Failed, Event::RunFailed { ms, failed })
        };
        events.emit(end);
        RunResult { status, outputs, nodes, elapsed }
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wanted outputs of a plan, if the caches have them all.
pub(crate) fn cached(engine: &Engine, plan: &Plan) -> Option<Vec<RunOutput>> {
    let prepared = Prepared::new(plan, &*engine.environment);
    let mut found = Vec::with_capacity(plan.wanted.len());
    for target in &plan.wanted {
        let key = prepared.fingerprints[target.node as usize].as_ref()?;
        let ty = &plan.nodes[target.node as usize].ty;
        let (outputs, _) = engine.caches.find(key, ty, &*engine.runner)?;
        found.extend(wanted_output(plan, target, &outputs));
    }
    Some(found)
}

/// A wanted output among those of its node; `None` for a node that shall only run.
fn wanted_output(plan: &Plan, target: &Target, outputs: &Outputs) -> Option<RunOutput> {
    let output = target.output? as usize;
    let node = &plan.nodes[target.node as usize];
    Some(RunOutput {
        name: target.name.clone(),
        node: node.key.clone(),
        output: node.ty.outputs[output].name.clone(),
        value: outputs[output].clone(),
    })
}

/// Goes from the wanted outputs backwards, and stops where a result is there.
fn find(engine: &Engine, plan: &Plan, prepared: &Prepared, cancel: &CancelToken) -> Vec<Found> {
    let mut found: Vec<Found> = plan.nodes.iter().map(|_| Found::Unneeded).collect();
    let mut needed = vec![false; plan.nodes.len()];
    for target in &plan.wanted {
        needed[target.node as usize] = true;
    }
    let mut firsts = HashMap::new();
    for (index, node) in plan.nodes.iter().enumerate().rev() {
        if !needed[index] {
            continue;
        }
        if let Some(key) = &prepared.fingerprints[index]
            && !cancel.is_cancelled()
        {
            if let Some((outputs, from)) = engine.caches.find(key, &node.ty, &*engine.runner) {
                found[index] = Found::Here(outputs, from);
                continue;
            }
            let first = *firsts.entry(*key).or_insert(index as u32);
            if first != index as u32 {
                found[index] = Found::Duty(Duty::Twin(first));
                continue;
            }
        }
        found[index] = Found::Duty(Duty::Run);
        for up in node.upstream() {
            needed[up as usize] = true;
        }
    }
    found
}

/// Ends the run when a worker panics (the listener may), so that nobody waits for work that will never be done.
struct Bail<'a>(&'a Run<'a>);

impl Drop for Bail<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().stop = true;
            self.0.wake.notify_all();
        }
    }
}
