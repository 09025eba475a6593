//! Keys under which results may be reused.
//!
//! A node's fingerprint covers its type, version, plugin artifact, canonical inputs and, through the fingerprints of
//! the nodes it is wired to, everything before it. All of them are known before anything runs.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use wirebrush_schema::Failure;

use crate::plan::{Plan, PlanNode, Source};
use crate::{Bytes, Environment, File, Value};

// Rises when the encoding below changes, so that files of older versions are never found.
const ENCODING: &[u8] = b"wirebrush fingerprint 1";

/// Key under which a result may be reused: BLAKE3 of everything the result depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a run knows about its inputs before anything runs.
pub(crate) struct Prepared {
    /// By node; `None` for one whose result must not be reused: it, or something before it, is not deterministic
    /// or names a file that cannot be read.
    pub(crate) fingerprints: Vec<Option<Fingerprint>>,
    files: HashMap<Arc<str>, Result<File, Failure>>,
}

impl Prepared {
    /// Reads the files the plan names, asks for the models' identities and computes every fingerprint.
    pub(crate) fn new(plan: &Plan, environment: &dyn Environment) -> Self {
        let mut prepared = Self { fingerprints: Vec::with_capacity(plan.nodes.len()), files: HashMap::new() };
        let mut models = HashMap::new();
        let mut bytes = Vec::with_capacity(512);
        for node in &plan.nodes {
            bytes.clear();
            let whole =
                node.ty.deterministic && prepared.encode(node, plan, environment, &mut models, &mut bytes);
            prepared.fingerprints.push(whole.then(|| Fingerprint(blake3::hash(&bytes).into())));
        }
        prepared
    }

    /// A file that the plan names.
    pub(crate) fn file(&self, name: &str) -> Result<Bytes, Failure> {
        match self.files.get(name) {
            Some(Ok(file)) => Ok(file.bytes.clone()),
            Some(Err(failure)) => Err(failure.clone()),
            None => Err(Failure::failed(format!("file `{name}` was not read before the run"))),
        }
    }

    /// Appends what the result of `node` depends on; `false` when that cannot be said.
    fn encode<'p>(
        &mut self,
        node: &'p PlanNode,
        plan: &'p Plan,
        environment: &dyn Environment,
        models: &mut HashMap<&'p str, String>,
        bytes: &mut Vec<u8>,
    ) -> bool {
        bytes.extend_from_slice(&node.ty.digest);
        let mut whole = true;
        for input in &node.inputs {
            let port = &node.ty.inputs[input.port as usize];
            let before = (bytes.len(), whole);
            text(bytes, &port.name);
            match &input.source {
                Source::Node { node, output } => match &self.fingerprints[*node as usize] {
                    Some(upstream) => {
                        bytes.push(b'>');
                        bytes.extend_from_slice(&upstream.0);
                        text(bytes, &plan.nodes[*node as usize].ty.outputs[*output as usize].name);
                    }
                    None => whole = false,
                },
                Source::Literal(literal) => value(bytes, literal),
                Source::Memory => value(bytes, &Value::Text(environment.memory().into())),
                Source::Model(name) => {
                    bytes.push(b'@');
                    text(bytes, name);
                    text(bytes, models.entry(name).or_insert_with(|| environment.model_identity(name)));
                }
                // Read even if the fingerprint is lost already: the node will want it.
                Source::File(name) => {
                    let file = self.files.entry(name.clone()).or_insert_with(|| environment.read_file(name));
                    match file {
                        Ok(file) => {
                            bytes.push(b'#');
                            text(bytes, &file.bytes.media_type);
                            bytes.extend_from_slice(&file.hash);
                        }
                        Err(_) => whole = false,
                    }
                }
            }
            if port.hint {
                bytes.truncate(before.0);
                whole = before.1;
            }
        }
        whole
    }
}

/// What identifies the code of a node type: the start of every fingerprint of its nodes.
pub(crate) fn type_digest(id: &str, version: u32, artifact: &str) -> [u8; 32] {
    let mut bytes = ENCODING.to_vec();
    text(&mut bytes, id);
    bytes.extend_from_slice(&version.to_le_bytes());
    text(&mut bytes, artifact);
    blake3::hash(&bytes).into()
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Appends a literal, typed and exact: `1`, `1.0` and `"1"` differ, so do `0.0` and `-0.0`.
fn value(bytes: &mut Vec<u8>, literal: &Value) {
    match literal {
        Value::None => bytes.push(b'n'),
        Value::Bool(it) => bytes.extend_from_slice(&[b'b', u8::from(*it)]),
        Value::Int(it) => {
            bytes.push(b'i');
            bytes.extend_from_slice(&it.to_le_bytes());
        }
        Value::Float(it) => {
            bytes.push(b'f');
            bytes.extend_from_slice(&it.to_bits().to_le_bytes());
        }
        Value::Text(it) => {
            bytes.push(b't');
            text(bytes, it);
        }
        Value::Choice(it) => {
            bytes.push(b'c');
            text(bytes, it);
        }
        Value::Bytes(it) => {
            bytes.push(b'#');
            text(bytes, &it.media_type);
            bytes.extend_from_slice(blake3::hash(&it.data).as_bytes());
        }
        // A plan refuses literals of the other kinds, see `plan::build::literal`.
        Value::Image(_) | Value::Mask(_) | Value::Tensor(_) | Value::Handle(_) => bytes.push(b'?'),
    }
}
