//! Talks to a running `wirebrush serve` as any other program would.

mod answer;
mod server;
mod stream;

pub use answer::Answer;
pub use server::{Server, Stopped};
pub use stream::{Frame, Stream};
