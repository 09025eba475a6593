use abi_stable::std_types::RResult;
use wirebrush_abi::HostRef;

use super::value;
use crate::{Failure, Host, Image, LogLevel, Result};

/// The host behind the native interface, as a node's context sees it.
pub(super) struct Native<'a>(pub(super) HostRef<'a>);

impl Host for Native<'_> {
    fn progress(&self, step: u64, total: u64, message: &str) {
        self.0.progress(step, total, message.into());
    }

    fn preview(&self, image: &Image) {
        // A preview that cannot be read is not worth stopping for.
        if let Ok(image) = value::send_image(image.clone()) {
            self.0.preview(image);
        }
    }

    fn log(&self, level: LogLevel, message: &str) {
        self.0.log(level.into(), message.into());
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn find_model(&self, name: &str) -> Result<String> {
        match self.0.find_model(name.into()) {
            RResult::ROk(path) => Ok(path.into()),
            RResult::RErr(failure) => Err(Failure::from(failure)),
        }
    }
}
