//! What Rust's standard library imports in every component, answered so that nothing comes in and only text goes
//! out: no arguments, no environment, closed input; output becomes log lines; exit is a failure.

use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker, Resource};

use super::bindings::std::wasi::{cli, io, random};
use super::failure::Stop;
use super::log::Stream;
use super::state::State;

// Any number will do; this one is the digits of pi.
const SEED: (u64, u64) = (3_141_592_653_589_793_238, 4_626_433_832_795_028_841);

// What an output stream takes in one call, as other hosts have it.
const WRITE_BYTES: u64 = 64 << 10;

/// A resource that does nothing.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Nothing;

/// An output stream.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Output(Stream);

/// Offers the stubs to components.
pub(super) fn add(linker: &mut Linker<State>) -> Result<()> {
    super::bindings::std::Std::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl State {
    fn put(&mut self, stream: &Resource<Output>, bytes: &[u8]) -> Result<()> {
        let Output(stream) = *self.table.get(stream)?;
        self.log.write(stream, bytes);
        Ok(())
    }

    fn pollable(&mut self) -> Result<Resource<Nothing>> {
        Ok(self.table.push(Nothing)?)
    }
}

type Streamed<T> = Result<Result<T, io::streams::StreamError>>;

impl io::error::Host for State {}

impl io::error::HostError for State {
    fn to_debug_string(&mut self, _this: Resource<Nothing>) -> Result<String> {
        Ok(String::new())
    }

    fn drop(&mut self, this: Resource<Nothing>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl io::poll::Host for State {
    fn poll(&mut self, pollables: Vec<Resource<Nothing>>) -> Result<Vec<u32>> {
        Ok((0..pollables.len() as u32).collect())
    }
}

impl io::poll::HostPollable for State {
    fn ready(&mut self, _this: Resource<Nothing>) -> Result<bool> {
        Ok(true)
    }

    fn block(&mut self, _this: Resource<Nothing>) -> Result<()> {
        Ok(())
    }

    fn drop(&mut self, this: Resource<Nothing>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl io::streams::Host for State {}

impl io::streams::HostInputStream for State {
    fn read(&mut self, _this: Resource<Nothing>, _len: u64) -> Streamed<Vec<u8>> {
        Ok(Err(io::streams::StreamError::Closed))
    }

    fn blocking_read(&mut self, _this: Resource<Nothing>, _len: u64) -> Streamed<Vec<u8>> {
        Ok(Err(io::streams::StreamError::Closed))
    }

    fn skip(&mut self, _this: Resource<Nothing>, _len: u64) -> Streamed<u64> {
        Ok(Err(io::streams::StreamError::Closed))
    }

    fn blocking_skip(&mut self, _this: Resource<Nothing>, _len: u64) -> Streamed<u64> {
        Ok(Err(io::streams::StreamError::Closed))
    }

    fn subscribe(&mut self, _this: Resource<Nothing>) -> Result<Resource<Nothing>> {
        self.pollable()
    }

    fn drop(&mut self, this: Resource<Nothing>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl io::streams::HostOutputStream for State {
    fn check_write(&mut self, _this: Resource<Output>) -> Streamed<u64> {
        Ok(Ok(WRITE_BYTES))
    }

    fn write(&mut self, this: Resource<Output>, contents: Vec<u8>) -> Streamed<()> {
        self.put(&this, &contents).map(Ok)
    }

    fn blocking_write_and_flush(&mut self, this: Resource<Output>, contents: Vec<u8>) -> Streamed<()> {
        self.put(&this, &contents).map(Ok)
    }

    fn flush(&mut self, _this: Resource<Output>) -> Streamed<()> {
        Ok(Ok(()))
    }

    fn blocking_flush(&mut self, _this: Resource<Output>) -> Streamed<()> {
        Ok(Ok(()))
    }

    fn subscribe(&mut self, _this: Resource<Output>) -> Result<Resource<Nothing>> {
        self.pollable()
    }

    fn write_zeroes(&mut self, _this: Resource<Output>, _len: u64) -> Streamed<()> {
        Ok(Ok(()))
    }

    fn blocking_write_zeroes_and_flush(&mut self, _this: Resource<Output>, _len: u64) -> Streamed<()> {
        Ok(Ok(()))
    }

    fn splice(&mut self, _this: Resource<Output>, _from: Resource<Nothing>, _len: u64) -> Streamed<u64> {
        Ok(Err(io::streams::StreamError::Closed))
    }

    fn blocking_splice(
        &mut self,
        _this: Resource<Output>,
        _from: Resource<Nothing>,
        _len: u64,
    ) -> Streamed<u64> {
        Ok(Err(io::streams::StreamError::Closed))
    }

    fn drop(&mut self, this: Resource<Output>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl cli::environment::Host for State {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(None)
    }
}

impl cli::exit::Host for State {
    fn exit(&mut self, _status: Result<(), ()>) -> Result<()> {
        Err(Stop::Exited.into())
    }
}

impl cli::stdin::Host for State {
    fn get_stdin(&mut self) -> Result<Resource<Nothing>> {
        Ok(self.table.push(Nothing)?)
    }
}

impl cli::stdout::Host for State {
    fn get_stdout(&mut self) -> Result<Resource<Output>> {
        Ok(self.table.push(Output(Stream::Out))?)
    }
}

impl cli::stderr::Host for State {
    fn get_stderr(&mut self) -> Result<Resource<Output>> {
        Ok(self.table.push(Output(Stream::Err))?)
    }
}

impl cli::terminal_input::Host for State {}

impl cli::terminal_input::HostTerminalInput for State {
    fn drop(&mut self, this: Resource<Nothing>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl cli::terminal_output::Host for State {}

impl cli::terminal_output::HostTerminalOutput for State {
    fn drop(&mut self, this: Resource<Nothing>) -> Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl cli::terminal_stdin::Host for State {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<Nothing>>> {
        Ok(None)
    }
}

impl cli::terminal_stdout::Host for State {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<Nothing>>> {
        Ok(None)
    }
}

impl cli::terminal_stderr::Host for State {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<Nothing>>> {
        Ok(None)
    }
}

impl random::insecure_seed::Host for State {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok(SEED)
    }
}
