//! Which node may run next. Plain bookkeeping: no threads, no values.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::plan::Plan;

/// What a run has to do about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Nothing: its result is there, or nobody needs it.
    Nothing,
    /// Run it.
    Run,
    /// Wait for this node, which has the same fingerprint.
    Twin(u32),
}

/// The nodes of a run by how far they are. The earliest in the plan goes first.
pub(crate) struct Schedule {
    duties: Vec<Duty>,
    /// By node: wires from nodes that are not done yet.
    pending: Vec<u32>,
    ready: BinaryHeap<Reverse<u32>>,
    gates: Vec<Gate>,
}

#[derive(Default)]
struct Gate {
    taken: bool,
    waiting: BinaryHeap<Reverse<u32>>,
}

impl Schedule {
    pub(crate) fn new(plan: &Plan, duties: Vec<Duty>) -> Self {
        let mut schedule = Self {
            pending: vec![0; plan.nodes.len()],
            ready: BinaryHeap::new(),
            gates: plan.gates.iter().map(|_| Gate::default()).collect(),
            duties,
        };
        for (index, node) in plan.nodes.iter().enumerate() {
            if schedule.duties[index] != Duty::Run {
                continue;
            }
            let open = node.upstream().filter(|up| schedule.duties[*up as usize] != Duty::Nothing);
            schedule.pending[index] = open.count() as u32;
            if schedule.pending[index] == 0 {
                schedule.ready.push(Reverse(index as u32));
            }
        }
        schedule
    }

    pub(crate) fn duty(&self, node: u32) -> Duty {
        self.duties[node as usize]
    }

    /// Takes the next node whose inputs are there and whose gate is open, and closes the gate behind it.
    pub(crate) fn next(&mut self, plan: &Plan) -> Option<u32> {
        if !self.has_next(plan) {
            return None;
        }
        let Reverse(node) = self.ready.pop()?;
        if let Some(gate) = plan.nodes[node as usize].ty.gate {
            self.gates[gate as usize].taken = true;
        }
        Some(node)
    }

    /// Whether [`Schedule::next`] would give a node.
    pub(crate) fn has_next(&mut self, plan: &Plan) -> bool {
        while let Some(Reverse(node)) = self.ready.peek().copied() {
            match plan.nodes[node as usize].ty.gate.map(|gate| &mut self.gates[gate as usize]) {
                Some(gate) if gate.taken => {
                    gate.waiting.push(Reverse(node));
                    self.ready.pop();
                }
                _ => return true,
            }
        }
        false
    }

    /// Opens the gate behind a node that has stopped running, well or not.
    pub(crate) fn leave(&mut self, plan: &Plan, node: u32) {
        if let Some(gate) = plan.nodes[node as usize].ty.gate {
            let gate = &mut self.gates[gate as usize];
            gate.taken = false;
            self.ready.append(&mut gate.waiting);
        }
    }

    /// Lets the nodes behind `node` go on: its outputs are there.
    pub(crate) fn satisfy(&mut self, plan: &Plan, node: u32) {
        for consumer in &plan.consumers[node as usize] {
            if self.duties[*consumer as usize] == Duty::Run {
                let pending = &mut self.pending[*consumer as usize];
                *pending -= 1;
                if *pending == 0 {
                    self.ready.push(Reverse(*consumer));
                }
            }
        }
    }
}
