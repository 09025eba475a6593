//! Handles of native plugins at the host, and of others in native plugins.

use std::any::Any;
use std::sync::Arc;

use abi_stable::std_types::{ROption, RResult, RString, RVec};
use wirebrush_abi as abi;
use wirebrush_engine::{Handle, HandleObject};
use wirebrush_schema::Failure;

/// Hands a handle to a plugin: a native one as it came, another wrapped so that it can be passed on.
pub(super) fn send(handle: Handle) -> abi::Handle {
    let object: &dyn Any = &*handle.0;
    match object.downcast_ref::<Native>() {
        Some(native) => native.object.clone(),
        None => abi::Handle::new(Lent(handle)),
    }
}

/// Takes a handle from plugin `plugin`.
pub(super) fn receive(handle: abi::Handle, plugin: &Arc<str>) -> Handle {
    match handle.downcast::<Lent>() {
        Some(Lent(ours)) => ours.clone(),
        None => {
            let kind: String = handle.kind().into();
            // A handle passed on belongs to the plugin whose kind it has, not to the one that passed it on.
            let maker = kind.split_once('/').map_or(&**plugin, |(maker, _)| maker).into();
            Handle(Arc::new(Native { plugin: maker, kind, object: handle }))
        }
    }
}

/// A handle of a native plugin.
struct Native {
    plugin: Arc<str>,
    kind: String,
    object: abi::Handle,
}

impl HandleObject for Native {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn plugin(&self) -> &str {
        &self.plugin
    }

    fn device(&self) -> String {
        self.object.device().into()
    }

    fn size_bytes(&self) -> u64 {
        self.object.size_bytes()
    }

    fn evict(&self) {
        self.object.evict();
    }

    fn save(&self) -> Result<Option<Vec<u8>>, Failure> {
        match self.object.save() {
            RResult::ROk(saved) => Ok(saved.into_option().map(RVec::into_vec)),
            RResult::RErr(failure) => Err(failure.into()),
        }
    }
}

/// A handle of a component, in a native plugin.
struct Lent(Handle);

impl abi::Object for Lent {
    fn kind(&self) -> RString {
        self.0.kind().into()
    }

    fn device(&self) -> RString {
        self.0.device().into()
    }

    fn size_bytes(&self) -> u64 {
        self.0.size_bytes()
    }

    fn evict(&self) {
        self.0.evict();
    }

    fn save(&self) -> RResult<ROption<RVec<u8>>, abi::Failure> {
        self.0.save().map(|saved| saved.map(RVec::from).into()).map_err(abi::Failure::from).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Component;

    impl HandleObject for Component {
        fn kind(&self) -> &str {
            "acme/thing@1"
        }

        fn plugin(&self) -> &str {
            "acme"
        }

        fn device(&self) -> String {
            "cpu".to_owned()
        }

        fn size_bytes(&self) -> u64 {
            7
        }

        fn evict(&self) {}

        fn save(&self) -> Result<Option<Vec<u8>>, Failure> {
            Ok(Some(vec![1]))
        }
    }

    #[test]
    fn a_handle_that_comes_home_is_the_one_that_left() {
        let ours = Handle(Arc::new(Component));
        let lent = send(ours.clone());
        assert_eq!((lent.kind().as_str(), lent.size_bytes()), ("acme/thing@1", 7));
        let back = receive(lent, &"other".into());
        assert!(Arc::ptr_eq(&back.0, &ours.0));
    }

    #[test]
    fn a_handle_passed_on_by_another_plugin_belongs_to_its_maker() {
        struct Theirs;
        impl abi::Object for Theirs {
            fn kind(&self) -> RString {
                "maker/thing@1".into()
            }
            fn device(&self) -> RString {
                "cpu".into()
            }
            fn size_bytes(&self) -> u64 {
                0
            }
            fn evict(&self) {}
            fn save(&self) -> RResult<ROption<RVec<u8>>, abi::Failure> {
                RResult::ROk(ROption::RNone)
            }
        }
        let handle = receive(abi::Handle::new(Theirs), &"bearer".into());
        assert_eq!(handle.plugin(), "maker");
        let again = receive(send(handle), &"bearer".into());
        assert_eq!(again.plugin(), "maker");
    }
}
