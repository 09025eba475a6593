use std::any::Any;
use std::sync::Arc;

use wirebrush_engine::{Handle, HandleObject};
use wirebrush_schema::Failure;

use super::bindings::wirebrush::node::types as wit;

/// A component's handle: what it wrote down when it last ran.
struct Saved {
    kind: String,
    plugin: Arc<str>,
    bytes: Vec<u8>,
}

impl HandleObject for Saved {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn plugin(&self) -> &str {
        &self.plugin
    }

    fn device(&self) -> String {
        "cpu".to_owned()
    }

    fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    // The bytes are all there is to rebuild it from.
    fn evict(&self) {}

    fn save(&self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(Some(self.bytes.clone()))
    }
}

/// Takes a handle from a component.
pub(super) fn take(plugin: &Arc<str>, handle: wit::Handle) -> Handle {
    Handle(Arc::new(Saved { kind: handle.kind, plugin: plugin.clone(), bytes: handle.saved }))
}

/// Gives a handle to the component it belongs to.
///
/// # Errors
/// `Failed` when it belongs to another plugin, or its native maker cannot save it.
pub(super) fn give(plugin: &str, handle: &Handle) -> Result<wit::Handle, Failure> {
    let object: &dyn HandleObject = &**handle;
    let kind = object.kind().to_owned();
    if object.plugin() != plugin {
        let owner = object.plugin();
        return Err(Failure::failed(format!(
            "expected a handle of plugin `{plugin}`, found {kind} of `{owner}`"
        )));
    }
    let any: &dyn Any = object;
    let saved = match any.downcast_ref::<Saved>() {
        Some(saved) => saved.bytes.clone(),
        None => object
            .save()?
            .ok_or_else(|| Failure::failed(format!("a handle of {kind} cannot be given to a component")))?,
    };
    Ok(wit::Handle { kind, saved })
}
