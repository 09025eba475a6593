use std::panic::{AssertUnwindSafe, catch_unwind};

use abi_stable::std_types::{RResult, RSlice, RStr, RString, RVec};
use wirebrush_abi as abi;
use wirebrush_engine::NodeContext;
use wirebrush_schema::{Failure, LogLevel};

use super::value;
use crate::storage::Storage;

/// The engine, as a native plugin sees it. No panic of the engine's observers reaches the plugin.
pub(super) struct Host<'a> {
    pub(super) cx: &'a dyn NodeContext,
    pub(super) plugin: &'a str,
    pub(super) storage: &'a Storage,
}

impl Host<'_> {
    fn guard<T>(&self, otherwise: T, f: impl FnOnce() -> T) -> T {
        catch_unwind(AssertUnwindSafe(f)).unwrap_or(otherwise)
    }

    fn files<T>(&self, f: impl FnOnce(&Storage) -> Result<T, Failure>) -> RResult<T, abi::Failure> {
        let answer = self.guard(None, || Some(f(self.storage)));
        let failed = || Err(Failure::failed("files: the host failed to look for them"));
        answer.unwrap_or_else(failed).map_err(abi::Failure::from).into()
    }
}

impl abi::Host for Host<'_> {
    fn progress(&self, step: u64, total: u64, message: RStr<'_>) {
        self.guard((), || self.cx.progress(step, total, message.as_str()));
    }

    fn preview(&self, image: abi::Image) {
        self.guard((), || match value::receive_image(image) {
            Ok(image) => self.cx.preview(image),
            Err(why) => self.cx.log(LogLevel::Warn, &format!("plugin `{}`: preview: {why}", self.plugin)),
        });
    }

    fn log(&self, level: abi::LogLevel, message: RStr<'_>) {
        self.guard((), || self.cx.log(level.into(), message.as_str()));
    }

    fn is_cancelled(&self) -> bool {
        // Who cannot be asked any more shall not be waited for.
        self.guard(true, || self.cx.is_cancelled())
    }

    fn find_model(&self, name: RStr<'_>) -> RResult<RString, abi::Failure> {
        let failed = || Failure::failed(format!("model `{name}`: the host failed to look for it"));
        let found = self.guard(None, || Some(self.cx.find_model(name.as_str())));
        found
            .unwrap_or_else(|| Err(failed()))
            .map(|path| RString::from(path.to_string_lossy().into_owned()))
            .map_err(abi::Failure::from)
            .into()
    }

    fn data_list(&self) -> RResult<RVec<RString>, abi::Failure> {
        self.files(|storage| storage.data_list().map(names))
    }

    fn data_read(&self, name: RStr<'_>) -> RResult<RVec<u8>, abi::Failure> {
        self.files(|storage| storage.data_read(name.as_str()).map(RVec::from))
    }

    fn scratch_list(&self) -> RResult<RVec<RString>, abi::Failure> {
        self.files(|storage| storage.scratch_list().map(names))
    }

    fn scratch_read(&self, name: RStr<'_>) -> RResult<RVec<u8>, abi::Failure> {
        self.files(|storage| storage.scratch_read(name.as_str()).map(RVec::from))
    }

    fn scratch_write(&self, name: RStr<'_>, contents: RSlice<'_, u8>) -> RResult<(), abi::Failure> {
        self.files(|storage| storage.scratch_write(name.as_str(), contents.as_slice()))
    }

    fn scratch_remove(&self, name: RStr<'_>) -> RResult<(), abi::Failure> {
        self.files(|storage| storage.scratch_remove(name.as_str()))
    }
}

fn names(names: Vec<String>) -> RVec<RString> {
    names.into_iter().map(RString::from).collect()
}
