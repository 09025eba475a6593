//! One node of a run: its inputs, its place in line, the call, and what is made of the answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wirebrush_schema::{Failure, Kind, LogLevel};

use super::Run;
use super::board::Board;
use crate::cache::{self, Outputs};
use crate::flights::Boarding;
use crate::plan::{PortType, Source};
use crate::{Event, Image, NodeContext, NodeKey, Reuse, Value, check};

/// What a node is called with, or why it cannot be.
pub(super) type Inputs = Result<Vec<(String, Value)>, Failure>;

/// What came of a node.
pub(super) enum Outcome {
    Done { outputs: Outputs, took: Duration },
    Reused { outputs: Outputs, from: Reuse },
    Failed { failure: Failure, took: Duration },
    Cancelled,
}

impl Run<'_> {
    /// The inputs of a node whose upstream nodes are done.
    pub(super) fn gather(&self, board: &Board, node: u32) -> Inputs {
        let node = &self.plan.nodes[node as usize];
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for input in &node.inputs {
            let port = &node.ty.inputs[input.port as usize];
            let value = match &input.source {
                Source::Literal(value) => value.clone(),
                Source::Model(name) => Value::Text(name.clone()),
                Source::Memory => Value::Text(self.engine.environment.memory().into()),
                Source::File(name) => {
                    let file = self.prepared.file(name);
                    Value::Bytes(file.map_err(|why| Failure::invalid(&*port.name, why.to_string()))?)
                }
                Source::Node { node, output } => match &board.slots[*node as usize] {
                    Some(outputs) => suit(port, outputs[*output as usize].clone())?,
                    None => return Err(Failure::failed("an input was gone before it was used")),
                },
            };
            if !(port.optional && matches!(value, Value::None)) {
                inputs.push((port.name.as_ref().to_owned(), value));
            }
        }
        Ok(inputs)
    }

    /// Brings a node to its end, without holding the board.
    pub(super) fn execute(&self, node: u32, inputs: Inputs) -> Outcome {
        let key = &self.plan.nodes[node as usize].key;
        let inputs = match inputs {
            Ok(inputs) => inputs,
            Err(failure) => return self.failed(key, failure, Duration::ZERO),
        };
        let Some(fingerprint) = &self.prepared.fingerprints[node as usize] else {
            return self.call(node, inputs);
        };
        let pilot = match self.engine.flights.board(fingerprint, self.cancel) {
            Boarding::Pilot(pilot) => pilot,
            Boarding::Landed(outputs) => return self.reused(key, outputs, Reuse::Twin),
            Boarding::Cancelled => return Outcome::Cancelled,
        };
        // Another run may have been faster since this one looked.
        if let Some(outputs) = self.engine.caches.memory.get(fingerprint) {
            pilot.land(&outputs);
            return self.reused(key, outputs, Reuse::Memory);
        }
        let outcome = self.call(node, inputs);
        if let Outcome::Done { outputs, took } = &outcome {
            self.engine.caches.keep(fingerprint, &self.plan.nodes[node as usize].ty, outputs, *took);
            pilot.land(outputs);
        }
        outcome
    }

    /// Calls the runner, once more when memory ran out, and checks what it says.
    fn call(&self, node: u32, inputs: Vec<(String, Value)>) -> Outcome {
        let planned = &self.plan.nodes[node as usize];
        let gate = planned.ty.gate.map(|gate| &self.plan.gates[gate as usize]);
        let pass = gate.map(|gate| self.engine.gates.enter(gate, self.cancel));
        if matches!(pass, Some(None)) || self.cancel.is_cancelled() {
            return Outcome::Cancelled;
        }
        self.events.emit(Event::NodeStarted { node: planned.key.clone() });
        let context = Context { run: self, node: &planned.key, told: AtomicBool::new(false) };
        let begin = Instant::now();
        let mut answer = self.ask(&planned.ty.id, inputs, &context);
        if let Err(Failure::OutOfMemory { needed, device }) = &answer
            && !self.cancel.is_cancelled()
        {
            context.log(
                LogLevel::Warn,
                &format!(
                    "out of memory on {device} ({needed} bytes needed): emptied the caches, trying once more"
                ),
            );
            answer = self.relieve(node, device).and_then(|inputs| self.ask(&planned.ty.id, inputs, &context));
        }
        drop(pass);
        let took = begin.elapsed();
        let told = context.told.into_inner();
        match answer.and_then(|outputs| check::arrange(&planned.ty, outputs)) {
            // A node that was told to stop and answers all the same may have stopped half-way.
            _ if told => Outcome::Cancelled,
            Ok(outputs) => {
                let ms = took.as_secs_f64() * 1e3;
                self.events.emit(Event::NodeFinished { node: planned.key.clone(), ms });
                Outcome::Done { outputs, took }
            }
            Err(Failure::Cancelled) if self.cancel.is_cancelled() => Outcome::Cancelled,
            Err(Failure::Cancelled) => {
                let why = format!("node `{}` says it was cancelled, but nobody did", planned.ty.id);
                self.failed(&planned.key, Failure::failed(why), took)
            }
            Err(failure) => self.failed(&planned.key, failure, took),
        }
    }

    fn ask(
        &self,
        node_type: &str,
        inputs: Vec<(String, Value)>,
        context: &Context<'_>,
    ) -> Result<Vec<(String, Value)>, Failure> {
        let call = || self.engine.runner.run(node_type, inputs, context);
        catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
            Err(Failure::failed(format!("node `{node_type}` panicked: {}", message(&*panic))))
        })
    }

    /// Gives back memory on a device, except what this node needs, and gathers its inputs again.
    fn relieve(&self, node: u32, device: &str) -> Inputs {
        let (inputs, held) = {
            let board = self.lock();
            (self.gather(&board, node)?, board.slots.iter().flatten().cloned().collect::<Vec<_>>())
        };
        self.engine.caches.relieve(device, &inputs);
        let mine = |handle: &_| {
            inputs.iter().filter_map(|(_, value)| cache::handle(value)).any(|own| cache::same(own, handle))
        };
        cache::evict(held.iter().flat_map(|outputs| outputs.iter()), |handle| !mine(handle));
        Ok(inputs)
    }

    fn reused(&self, key: &NodeKey, outputs: Outputs, from: Reuse) -> Outcome {
        self.events.emit(Event::NodeCached { node: key.clone(), from });
        Outcome::Reused { outputs, from }
    }

    fn failed(&self, key: &NodeKey, failure: Failure, took: Duration) -> Outcome {
        let message = failure.to_string();
        self.events.emit(Event::NodeFailed { node: key.clone(), message, failure: failure.clone() });
        Outcome::Failed { failure, took }
    }
}

/// Makes an output what the port takes.
fn suit(port: &PortType, value: Value) -> Result<Value, Failure> {
    let kind = port.kind.as_str();
    let also = port.also.iter().any(|kind| kind.as_str() == value.kind());
    if kind == value.kind() || kind == Kind::ANY || also || (port.optional && matches!(value, Value::None)) {
        return Ok(value);
    }
    check::convert(value, kind)
        .map_err(|value| Failure::invalid(&*port.name, format!("expected {kind}, found {}", value.kind())))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// The engine as one running node sees it.
struct Context<'a> {
    run: &'a Run<'a>,
    node: &'a NodeKey,
    /// Whether the node has heard that it shall stop.
    told: AtomicBool,
}

impl NodeContext for Context<'_> {
    fn progress(&self, step: u64, total: u64, message: &str) {
        let message = message.to_owned();
        self.run.events.emit(Event::NodeProgress { node: self.node.clone(), step, total, message });
    }

    fn preview(&self, image: Image) {
        self.run.events.emit(Event::NodePreview { node: self.node.clone(), image });
    }

    fn log(&self, level: LogLevel, message: &str) {
        let message = message.to_owned();
        self.run.events.emit(Event::NodeLog { node: self.node.clone(), level, message });
    }

    fn is_cancelled(&self) -> bool {
        let cancelled = self.run.cancel.is_cancelled();
        if cancelled {
            self.told.store(true, Ordering::Relaxed);
        }
        cancelled
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        self.run.engine.environment.find_model(name)
    }
}
