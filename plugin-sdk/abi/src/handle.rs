#![allow(missing_docs, non_local_definitions, reason = "what `sabi_trait` writes beside the trait")]

use abi_stable::StableAbi;
use abi_stable::sabi_trait;
use abi_stable::sabi_trait::prelude::TD_CanDowncast;
use abi_stable::std_types::{RArc, RBox, ROption, RResult, RString, RVec};

use crate::Failure;

/// What stays with the side that made it. Called from any thread.
#[sabi_trait]
pub trait Object: Send + Sync {
    /// Kind of the handle, for example `kontext/latent@1`; the same at each call.
    fn kind(&self) -> RString;
    /// Where it lives, for example `cpu`.
    fn device(&self) -> RString;
    /// Bytes it holds now.
    fn size_bytes(&self) -> u64;
    /// Gives back memory, keeping the means to rebuild.
    fn evict(&self);
    /// The contents as bytes for `restore`, or nothing when they cannot be saved.
    #[sabi(last_prefix_field)]
    fn save(&self) -> RResult<ROption<RVec<u8>>, Failure>;
}

/// An [`Object`] of either side.
pub type ObjectBox = Object_TO<'static, RBox<()>>;

/// A value whose contents stay with the side that made it. Cloning shares it.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Handle {
    object: RArc<ObjectBox>,
}

impl Handle {
    /// Hands out an object. It must not panic, neither in its methods nor when it is dropped.
    pub fn new<T: Object + 'static>(object: T) -> Self {
        Self { object: RArc::new(Object_TO::from_value(object, TD_CanDowncast)) }
    }

    /// The object as a `T`, when this library made it and it is one.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        self.object.obj.downcast_as().ok()
    }
}

impl std::ops::Deref for Handle {
    type Target = ObjectBox;

    fn deref(&self) -> &ObjectBox {
        &self.object
    }
}
