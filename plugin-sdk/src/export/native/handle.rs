//! Handles on their way out and back in.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use abi_stable::std_types::{ROption, RResult, RString, RVec};
use wirebrush_abi as abi;

use crate::plugin::guard;
use crate::{Failure, Handle, HandleObject, Result};

/// Hands out a handle: ours wrapped, another plugin's as it came.
pub(super) fn send(handle: Handle) -> abi::Handle {
    let object: &dyn std::any::Any = &**handle.object();
    if let Some(Foreign(foreign)) = object.downcast_ref() {
        return foreign.clone();
    }
    abi::Handle::new(Sent { kind: handle.kind().into(), object: ManuallyDrop::new(handle.object().clone()) })
}

/// Takes a handle in: ours unwrapped, another plugin's to be passed on only.
pub(super) fn receive(handle: abi::Handle) -> Handle {
    match handle.downcast::<Sent>() {
        Some(sent) => Handle::from_parts(sent.kind.clone(), Arc::clone(&sent.object)),
        None => Handle::from_parts(handle.kind().as_str(), Arc::new(Foreign(handle))),
    }
}

/// An object of this plugin at the host.
struct Sent {
    kind: Arc<str>,
    object: ManuallyDrop<Arc<dyn HandleObject>>,
}

impl abi::Object for Sent {
    fn kind(&self) -> RString {
        (&*self.kind).into()
    }

    fn device(&self) -> RString {
        guard(|| Ok(self.object.device())).unwrap_or_else(|failure| failure.to_string()).into()
    }

    fn size_bytes(&self) -> u64 {
        guard(|| Ok(self.object.size_bytes())).unwrap_or(0)
    }

    fn evict(&self) {
        // Evicting is a wish; a panic on the way leaves the object to whoever uses it next.
        let _ = guard(|| {
            self.object.evict();
            Ok(())
        });
    }

    fn save(&self) -> RResult<ROption<RVec<u8>>, abi::Failure> {
        guard(|| self.object.save())
            .map(|saved| saved.map(RVec::from).into())
            .map_err(abi::Failure::from)
            .into()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let _ = guard(|| {
            // SAFETY: the object is taken here only, and nothing sees it after its owner's `drop`.
            drop(unsafe { ManuallyDrop::take(&mut self.object) });
            Ok(())
        });
    }
}

/// An object of another plugin in this one.
struct Foreign(abi::Handle);

impl HandleObject for Foreign {
    fn size_bytes(&self) -> u64 {
        self.0.size_bytes()
    }

    fn device(&self) -> String {
        self.0.device().into()
    }

    fn evict(&self) {
        self.0.evict();
    }

    fn save(&self) -> Result<Option<Vec<u8>>> {
        match self.0.save() {
            RResult::ROk(saved) => Ok(saved.into_option().map(Vec::from)),
            RResult::RErr(failure) => Err(Failure::from(failure)),
        }
    }
}
