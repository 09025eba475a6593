#![allow(missing_docs, non_local_definitions, reason = "what `sabi_trait` writes beside the trait")]

use abi_stable::StableAbi;
use abi_stable::sabi_trait;
use abi_stable::sabi_trait::prelude::TD_CanDowncast;
use abi_stable::std_types::{RArc, RBox, RSlice};

/// Bytes that somebody keeps alive. The same bytes at each call.
#[sabi_trait]
pub trait Memory: Send + Sync {
    /// The bytes.
    #[sabi(last_prefix_field)]
    fn bytes(&self) -> RSlice<'_, u8>;
}

/// A [`Memory`] of either side.
pub type MemoryBox = Memory_TO<'static, RBox<()>>;

/// Shared, unchanging bytes: whatever either side already has, without a copy. Cloning shares them.
///
/// Costs two small allocations to make, one virtual call to look at.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct Buffer {
    memory: RArc<MemoryBox>,
}

impl Buffer {
    /// Shares memory. `owner` must not panic when it is looked at or dropped.
    pub fn new<T: AsRef<[u8]> + Send + Sync + 'static>(owner: T) -> Self {
        Self { memory: RArc::new(Memory_TO::from_value(Owner(owner), TD_CanDowncast)) }
    }

    /// The owner as a `T`, when this library shared it and it is one.
    pub fn owner<T: AsRef<[u8]> + Send + Sync + 'static>(&self) -> Option<&T> {
        self.memory.obj.downcast_as::<Owner<T>>().ok().map(|owner| &owner.0)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.memory.bytes().into()
    }
}

struct Owner<T>(T);

impl<T: AsRef<[u8]> + Send + Sync> Memory for Owner<T> {
    fn bytes(&self) -> RSlice<'_, u8> {
        self.0.as_ref().into()
    }
}
