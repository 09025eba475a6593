use abi_stable::std_types::RResult;
use wirebrush_abi::{self as abi, HostRef};

use super::value;
use crate::{Failure, Folder, Host, Image, LogLevel, Result};

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
        receive(self.0.find_model(name.into())).map(String::from)
    }

    fn list_files(&self, folder: Folder) -> Result<Vec<String>> {
        let names = receive(match folder {
            Folder::Data => self.0.data_list(),
            Folder::Scratch => self.0.scratch_list(),
        })?;
        Ok(names.into_iter().map(String::from).collect())
    }

    fn read_file(&self, folder: Folder, name: &str) -> Result<Vec<u8>> {
        let contents = receive(match folder {
            Folder::Data => self.0.data_read(name.into()),
            Folder::Scratch => self.0.scratch_read(name.into()),
        })?;
        Ok(contents.into())
    }

    fn write_scratch(&self, name: &str, contents: &[u8]) -> Result<()> {
        receive(self.0.scratch_write(name.into(), contents.into()))
    }

    fn remove_scratch(&self, name: &str) -> Result<()> {
        receive(self.0.scratch_remove(name.into()))
    }
}

fn receive<T>(answer: RResult<T, abi::Failure>) -> Result<T> {
    answer.into_result().map_err(Failure::from)
}
