//! Components: sandboxed WebAssembly plugins of world `wirebrush:node/plugin@1`.
//!
//! One engine a process; each component is compiled once (and kept on disk), linked once, and given a fresh store for
//! every run, so that nothing survives a run and a runaway cannot harm the next. A component sees the interfaces
//! `host` and `storage` and inert stubs of what a standard library imports; [`imports`] refuses everything else by name. Bounds:
//! linear memory, image bytes kept by the host, stack, log lines, and the time without progress.

mod bindings;
mod cache;
mod context;
mod convert;
mod engine;
mod failure;
mod handle;
mod host;
mod images;
mod imports;
mod instance;
mod log;
mod state;
mod stubs;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wirebrush_engine::{NodeContext, Value};
use wirebrush_schema::{Description, Failure, Manifest, Target};

use self::bindings::PluginPre;
use self::instance::Instance;
use self::state::{Bounds, State};
use crate::Error;
use crate::plugin::{Fault, LoadedPlugin};
use crate::storage::Storage;

// An image of 8 GiB is 23170 pixels square, RGBA f32.
const IMAGE_BYTES: u64 = 8 << 30;

/// How components are loaded.
#[derive(Debug, Clone)]
pub struct ComponentConfig {
    /// Folder for compiled components; `None` compiles anew at each start (a second or so for a large one).
    pub cache_dir: Option<PathBuf>,
    /// Longest time `describe` may take. Default: 5 s.
    pub describe_timeout: Duration,
    /// Most bytes of images one run may make the host keep. Default: 8 GiB.
    pub max_image_bytes: u64,
    /// Whether instructions are counted, which makes runs slower. Default: no.
    pub count_instructions: bool,
}

impl Default for ComponentConfig {
    fn default() -> Self {
        Self {
            cache_dir: None,
            describe_timeout: Duration::from_secs(5),
            max_image_bytes: IMAGE_BYTES,
            count_instructions: false,
        }
    }
}

/// Reads, checks, compiles and links a component, and asks it what it is.
///
/// # Errors
/// [`Error::Io`]; [`Error::Hash`] when the file is not the one of the manifest; [`Error::Incompatible`] when it is
/// no component of our world or imports what it may not; [`Error::Probe`] when `describe` fails.
pub(crate) fn load(
    path: &Path,
    manifest: &Manifest,
    config: &ComponentConfig,
    storage: Arc<Storage>,
) -> Result<Box<dyn LoadedPlugin>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
    let found = crate::manifest::sha256(&bytes);
    let artifact = manifest.artifacts.iter().find(|artifact| artifact.target.0 == Target::COMPONENT);
    if let Some(expected) = artifact.map(|artifact| &artifact.sha256)
        && *expected != found
    {
        return Err(Error::Hash { path: path.to_owned(), expected: expected.clone(), found });
    }
    let refused =
        |error: &wasmtime::Error| Error::incompatible(path, failure::root(error), format!("{error:?}"));
    let engine = engine::engine(config.count_instructions).map_err(|error| refused(&error))?;
    let component = cache::compile(engine, &bytes, &found, config.cache_dir.as_deref())
        .map_err(|error| Error::incompatible(path, not_a_component(&bytes, &error), format!("{error:?}")))?;
    imports::check(&component).map_err(|why| Error::incompatible(path, why, ""))?;
    let pre = link(&component).map_err(|error| refused(&error))?;

    let bounds = Bounds {
        memory_bytes: u64::from(manifest.limits.memory_mib) << 20,
        image_bytes: config.max_image_bytes,
        stall: Duration::from_millis(manifest.limits.stall_ms.into()),
        counting: config.count_instructions,
    };
    let json = instance::describe(&pre, Bounds { stall: config.describe_timeout, ..bounds })
        .map_err(|failure| Error::probe(path, format!("describe: {failure}"), ""))?;
    let description = serde_json::from_str(&json)
        .map_err(|error| Error::probe(path, format!("describe: not a description: {error}"), json))?;
    Ok(Box::new(Plugin { id: manifest.id.as_str().into(), pre, bounds, description, storage }))
}

/// A component, compiled and linked.
struct Plugin {
    id: Arc<str>,
    pre: PluginPre<State>,
    bounds: Bounds,
    description: Description,
    storage: Arc<Storage>,
}

impl LoadedPlugin for Plugin {
    fn description(&self) -> &Description {
        &self.description
    }

    fn run(
        &self,
        node: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Fault> {
        let place = self.description.nodes.iter().position(|definition| definition.id == node);
        let place = place
            .and_then(|place| u32::try_from(place).ok())
            .ok_or_else(|| Failure::failed(format!("plugin `{}` has no node `{node}`", self.id)))?;
        context::with(cx, || {
            Instance::new(&self.pre, self.bounds, self.storage.clone())?.run(&self.id, place, inputs)
        })
    }

    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Fault> {
        if !self.description.handles.iter().any(|known| known == kind) {
            return Err(Failure::unsupported(format!("plugin `{}` cannot restore `{kind}`", self.id)).into());
        }
        context::with(&context::Deaf, || {
            Instance::new(&self.pre, self.bounds, Arc::new(Storage::none()))?.restore(&self.id, kind, bytes)
        })
    }
}

fn link(component: &Component) -> wasmtime::Result<PluginPre<State>> {
    let mut linker = Linker::new(component.engine());
    host::add(&mut linker)?;
    stubs::add(&mut linker)?;
    PluginPre::new(linker.instantiate_pre(component)?)
}

/// Why bytes are no component, in words of a user.
fn not_a_component(bytes: &[u8], error: &wasmtime::Error) -> String {
    // Preamble of a core module: version 1, layer 0 (https://webassembly.github.io/component-model: Binary.md).
    match bytes {
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            "expected a component, found a core module: build it with `--target wasm32-wasip2`".to_owned()
        }
        [b'\0', b'a', b's', b'm', ..] => format!("damaged component: {}", failure::root(error)),
        _ => "expected a component, found no WebAssembly at all".to_owned(),
    }
}
