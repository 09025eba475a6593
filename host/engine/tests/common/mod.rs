//! Nodes made of closures, and a look at what happened.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use wirebrush_engine::{
    Buffer, Bytes, CancelToken, Config, Engine, Environment, Event, File, Handle, HandleObject, NodeContext,
    Plan, Report, RunResult, Runner, Value, Wanted, Wiring,
};
use wirebrush_schema::{Definition, Failure, Kind, Port};

pub type Values = Vec<(String, Value)>;
type Body = dyn Fn(Values, &dyn NodeContext) -> Result<Values, Failure> + Send + Sync;
type Restore = dyn Fn(&str, &[u8]) -> Result<Value, Failure> + Send + Sync;

/// A runner of closures that counts the calls of each node type.
#[derive(Default)]
pub struct Nodes {
    definitions: HashMap<String, Definition>,
    bodies: HashMap<String, Box<Body>>,
    artifact: String,
    restore: Option<Box<Restore>>,
    calls: Mutex<BTreeMap<String, usize>>,
}

impl Nodes {
    pub fn new() -> Self {
        Self { artifact: "hash of the code".to_owned(), ..Self::default() }
    }

    pub fn node(
        mut self,
        definition: Definition,
        body: impl Fn(Values, &dyn NodeContext) -> Result<Values, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.bodies.insert(definition.id.clone(), Box::new(body));
        self.definitions.insert(definition.id.clone(), definition);
        self
    }

    pub fn artifact(mut self, artifact: &str) -> Self {
        self.artifact = artifact.to_owned();
        self
    }

    pub fn restore(
        mut self,
        restore: impl Fn(&str, &[u8]) -> Result<Value, Failure> + Send + Sync + 'static,
    ) -> Self {
        self.restore = Some(Box::new(restore));
        self
    }

    /// How often each node type was run since somebody last asked, as `a×1 b×2`.
    pub fn calls(&self) -> String {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.iter().map(|(id, count)| format!("{id}×{count}")).collect::<Vec<_>>().join(" ")
    }
}

impl Runner for Nodes {
    fn definition(&self, node_type: &str) -> Option<&Definition> {
        self.definitions.get(node_type)
    }

    fn artifact(&self, _: &str) -> Option<&str> {
        Some(&self.artifact)
    }

    fn run(&self, node_type: &str, inputs: Values, cx: &dyn NodeContext) -> Result<Values, Failure> {
        *self.calls.lock().unwrap().entry(node_type.to_owned()).or_default() += 1;
        self.bodies[node_type](inputs, cx)
    }

    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Failure> {
        match &self.restore {
            Some(restore) => restore(kind, bytes),
            None => Err(Failure::unsupported(kind)),
        }
    }
}

/// Files and models in memory.
#[derive(Default)]
pub struct World {
    pub files: Mutex<BTreeMap<String, Vec<u8>>>,
    pub models: Mutex<BTreeMap<String, String>>,
    pub memory: OnceLock<String>,
}

impl Environment for World {
    fn read_file(&self, name: &str) -> Result<File, Failure> {
        let files = self.files.lock().unwrap();
        let data = files.get(name).ok_or_else(|| Failure::failed(format!("no file `{name}`")))?;
        let hash = hash(data);
        Ok(File { bytes: Bytes { media_type: "text/plain".into(), data: Buffer::new(data.clone()) }, hash })
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        Ok(PathBuf::from(name))
    }

    fn model_identity(&self, name: &str) -> String {
        self.models.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    fn memory(&self) -> &str {
        self.memory.get().map_or("", String::as_str)
    }
}

// Good enough for a few files: the contents themselves when short.
fn hash(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (index, byte) in data.iter().enumerate() {
        hash[index % 32] ^= byte.wrapping_add(index as u8);
    }
    hash
}

/// An engine on closures.
pub struct Bench {
    pub nodes: Arc<Nodes>,
    pub world: Arc<World>,
    pub engine: Engine,
}

/// What a run gave and told.
pub struct Told {
    pub result: RunResult,
    pub reports: Vec<Report>,
}

impl Bench {
    pub fn new(nodes: Nodes) -> Self {
        Self::with(nodes, Config { threads: 4, ..Config::default() })
    }

    pub fn with(nodes: Nodes, config: Config) -> Self {
        let (nodes, world) = (Arc::new(nodes), Arc::new(World::default()));
        let engine = Engine::new(nodes.clone(), world.clone(), config);
        Self { nodes, world, engine }
    }

    pub fn plan(&self, wiring: &Wiring<'_>, wanted: &[&str]) -> Plan {
        let wanted = match wanted {
            [] => Wanted::Ends,
            names => Wanted::These(names.iter().map(|it| (*it).to_owned()).collect()),
        };
        Plan::new(wiring, &wanted, &*self.nodes).unwrap()
    }

    pub fn run(&self, wiring: &Wiring<'_>, wanted: &[&str]) -> Told {
        self.run_until(wiring, wanted, &CancelToken::new(), |_| {})
    }

    pub fn run_until(
        &self,
        wiring: &Wiring<'_>,
        wanted: &[&str],
        cancel: &CancelToken,
        listen: impl Fn(&Report) + Sync,
    ) -> Told {
        let plan = self.plan(wiring, wanted);
        let reports = Mutex::new(Vec::new());
        let listener = |report: Report| {
            listen(&report);
            reports.lock().unwrap().push(report);
        };
        let result = self.engine.run(&plan, &listener, cancel);
        Told { result, reports: reports.into_inner().unwrap() }
    }
}

impl Told {
    pub fn int(&self, name: &str) -> i64 {
        match self.result.output(name) {
            Some(Value::Int(it)) => *it,
            other => panic!("expected an int at {name}, found {other:?}; {:?}", self.result),
        }
    }

    pub fn text(&self, name: &str) -> String {
        match self.result.output(name) {
            Some(Value::Text(it)) => it.to_string(),
            other => panic!("expected text at {name}, found {other:?}; {:?}", self.result),
        }
    }

    /// The failure of a node as a sentence.
    pub fn failure(&self, node: &str) -> String {
        let found = self.result.failures().find(|(key, _)| **key == node);
        found.unwrap_or_else(|| panic!("`{node}` did not fail: {:?}", self.result)).1.to_string()
    }

    /// The events in order, as `name node`.
    pub fn story(&self) -> Vec<String> {
        self.reports.iter().map(|report| short(&report.event)).collect()
    }
}

/// `node-started a` and the like.
pub fn short(event: &Event) -> String {
    let json = serde_json::to_value(event).unwrap();
    let name = json["event"].as_str().unwrap().to_owned();
    match event.node() {
        Some(node) => format!("{name} {node}"),
        None => name,
    }
}

pub fn int(values: &Values, name: &str) -> i64 {
    match values.iter().find(|(key, _)| key == name) {
        Some((_, Value::Int(it))) => *it,
        other => panic!("expected an int at {name}, found {other:?}"),
    }
}

pub fn text(values: &Values, name: &str) -> String {
    match values.iter().find(|(key, _)| key == name) {
        Some((_, Value::Text(it))) => it.to_string(),
        Some((_, Value::Bytes(it))) => String::from_utf8_lossy(&it.data).into_owned(),
        other => panic!("expected text at {name}, found {other:?}"),
    }
}

pub fn out(value: Value) -> Result<Values, Failure> {
    Ok(vec![("out".to_owned(), value)])
}

/// A definition with an int output `out`.
pub fn makes_int(id: &str) -> Definition {
    Definition::new(id, "test").output(Port::new("out", Kind::INT))
}

/// A definition with an int input `in` and an int output `out`.
pub fn int_to_int(id: &str) -> Definition {
    makes_int(id).input(Port::new("in", Kind::INT))
}

/// `test/Number` gives its `value`, `test/AddOne` adds one, `test/Sum` adds its list `in`.
pub fn arithmetic() -> Nodes {
    Nodes::new()
        .node(makes_int("test/Number").input(Port::int("value", 0, i64::MIN..=i64::MAX)), |inputs, _| {
            out(Value::Int(int(&inputs, "value")))
        })
        .node(int_to_int("test/AddOne"), |inputs, _| out(Value::Int(int(&inputs, "in") + 1)))
        .node(makes_int("test/Sum").input(Port::new("in", Kind::INT).list()), |inputs, _| {
            let sum = inputs.iter().map(|(_, value)| match value {
                Value::Int(it) => *it,
                other => panic!("{other:?}"),
            });
            out(Value::Int(sum.sum()))
        })
}

/// A handle that can be watched.
#[derive(Debug)]
pub struct Blob {
    pub size: AtomicU64,
    pub evictions: AtomicU64,
    pub saved: Option<Vec<u8>>,
}

impl Blob {
    pub const KIND: &'static str = "test/blob@1";

    pub fn new(size: u64) -> Arc<Self> {
        Arc::new(Self { size: AtomicU64::new(size), evictions: AtomicU64::new(0), saved: None })
    }

    pub fn saved(bytes: &[u8]) -> Arc<Self> {
        let size = AtomicU64::new(bytes.len() as u64);
        Arc::new(Self { size, evictions: AtomicU64::new(0), saved: Some(bytes.to_vec()) })
    }

    pub fn value(self: &Arc<Self>) -> Value {
        Value::Handle(Handle(self.clone()))
    }

    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::SeqCst)
    }
}

impl HandleObject for Blob {
    fn kind(&self) -> &str {
        Self::KIND
    }

    fn plugin(&self) -> &str {
        "test"
    }

    fn device(&self) -> String {
        "cpu".to_owned()
    }

    fn size_bytes(&self) -> u64 {
        self.size.load(Ordering::SeqCst)
    }

    fn evict(&self) {
        self.evictions.fetch_add(1, Ordering::SeqCst);
        self.size.store(0, Ordering::SeqCst);
    }

    fn save(&self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.saved.clone())
    }
}
