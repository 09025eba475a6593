use super::bindings::wirebrush::node::{host as wit, storage};
use super::{convert, pixels};
use crate::{Failure, Folder, Host, Image, LogLevel, Result};

/// The host beyond the sandbox's wall.
pub(super) struct Wasm;

impl Host for Wasm {
    fn progress(&self, step: u64, total: u64, message: &str) {
        wit::progress(step, total, message);
    }

    fn preview(&self, image: &Image) {
        match pixels::upload(image) {
            Ok(image) => wit::preview(&image),
            Err(failure) => wit::log(wit::LogLevel::Warn, &format!("preview: {failure}")),
        }
    }

    fn log(&self, level: LogLevel, message: &str) {
        wit::log(convert::level(level), message);
    }

    fn is_cancelled(&self) -> bool {
        wit::is_cancelled()
    }

    fn find_model(&self, name: &str) -> Result<String> {
        Err(Failure::unsupported(format!("model `{name}`: models are out of a component's reach")))
    }

    fn list_files(&self, folder: Folder) -> Result<Vec<String>> {
        Ok(match folder {
            Folder::Data => storage::data_list(),
            Folder::Scratch => storage::scratch_list(),
        }?)
    }

    fn read_file(&self, folder: Folder, name: &str) -> Result<Vec<u8>> {
        Ok(match folder {
            Folder::Data => storage::data_read(name),
            Folder::Scratch => storage::scratch_read(name),
        }?)
    }

    fn write_scratch(&self, name: &str, contents: &[u8]) -> Result<()> {
        Ok(storage::scratch_write(name, contents)?)
    }

    fn remove_scratch(&self, name: &str) -> Result<()> {
        Ok(storage::scratch_remove(name)?)
    }
}
