//! The interfaces `wirebrush:node/host` and `wirebrush:node/storage`, as a component calls them.

use std::time::Instant;

use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker, Resource};
use wirebrush_engine::Image;
use wirebrush_schema::LogLevel;

use super::bindings::wirebrush::node::{host as wit, storage};
use super::images::{HostImage, Writer};
use super::state::State;
use super::{context, convert};

/// Offers the interfaces to components.
pub(super) fn add(linker: &mut Linker<State>) -> Result<()> {
    super::bindings::Plugin::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl super::bindings::wirebrush::node::types::Host for State {}

impl wit::Host for State {
    fn progress(&mut self, step: u64, total: u64, message: String) -> Result<()> {
        self.moved = Instant::now();
        context::current(|cx| cx.progress(step, total, &message));
        Ok(())
    }

    fn preview(&mut self, image: Resource<HostImage>) -> Result<()> {
        let Image { info, data } = self.table.get(&image)?.0.clone();
        context::current(|cx| cx.preview(Image { info, data }));
        Ok(())
    }

    fn log(&mut self, level: wit::LogLevel, message: String) -> Result<()> {
        self.log.line(convert::level(level), &message);
        Ok(())
    }

    fn is_cancelled(&mut self) -> Result<bool> {
        Ok(context::current(|cx| cx.is_cancelled()))
    }

    fn panicked(&mut self, message: String, place: String) -> Result<()> {
        self.log.line(LogLevel::Error, &format!("panicked at {place}: {message}"));
        self.panic = Some(message);
        Ok(())
    }
}

impl wit::HostImage for State {
    fn info(&mut self, this: Resource<HostImage>) -> Result<wit::ImageInfo> {
        Ok(convert::info_out(&self.table.get(&this)?.0.info))
    }

    fn read_rows(
        &mut self,
        this: Resource<HostImage>,
        first: u64,
        count: u64,
    ) -> Result<Result<Vec<u8>, wit::Failure>> {
        Ok(self.table.get(&this)?.rows(first, count).map_err(wit::Failure::from))
    }

    fn share(&mut self, this: Resource<HostImage>) -> Result<Resource<HostImage>> {
        let image = self.table.get(&this)?.0.clone();
        Ok(self.table.push(HostImage(image))?)
    }

    fn drop(&mut self, this: Resource<HostImage>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl wit::HostImageWriter for State {
    fn open(&mut self, info: wit::ImageInfo) -> Result<Result<Resource<Writer>, wit::Failure>> {
        match Writer::open(convert::info_in(&info), self.bounds, &self.image_bytes) {
            Ok(writer) => Ok(Ok(self.table.push(writer)?)),
            Err(failure) => Ok(Err(failure.into())),
        }
    }

    fn push_rows(&mut self, this: Resource<Writer>, rows: Vec<u8>) -> Result<Result<(), wit::Failure>> {
        Ok(self.table.get_mut(&this)?.push(&rows).map_err(wit::Failure::from))
    }

    fn finish(&mut self, this: Resource<Writer>) -> Result<Result<Resource<HostImage>, wit::Failure>> {
        match self.table.delete(this)?.finish() {
            Ok(image) => Ok(Ok(self.table.push(image)?)),
            Err(failure) => Ok(Err(failure.into())),
        }
    }

    fn drop(&mut self, this: Resource<Writer>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

type Answer<T> = Result<Result<T, wit::Failure>>;

impl storage::Host for State {
    fn data_list(&mut self) -> Answer<Vec<String>> {
        Ok(self.storage.data_list().map_err(wit::Failure::from))
    }

    fn data_read(&mut self, name: String) -> Answer<Vec<u8>> {
        Ok(self.storage.data_read(&name).map_err(wit::Failure::from))
    }

    fn scratch_list(&mut self) -> Answer<Vec<String>> {
        Ok(self.storage.scratch_list().map_err(wit::Failure::from))
    }

    fn scratch_read(&mut self, name: String) -> Answer<Vec<u8>> {
        Ok(self.storage.scratch_read(&name).map_err(wit::Failure::from))
    }

    fn scratch_write(&mut self, name: String, contents: Vec<u8>) -> Answer<()> {
        Ok(self.storage.scratch_write(&name, &contents).map_err(wit::Failure::from))
    }

    fn scratch_remove(&mut self, name: String) -> Answer<()> {
        Ok(self.storage.scratch_remove(&name).map_err(wit::Failure::from))
    }
}
