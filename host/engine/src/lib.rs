//! Plans, schedules, caches and cancels runs of a graph.
//!
//! The engine sees nodes through [`Runner`], the world (files, models) through [`Environment`] and tells everything
//! that happens in one stream of [`Event`]s. It knows neither dlopen nor WebAssembly nor any node. Entry points:
//! [`Engine::plan`] says what has to run for the wanted outputs, [`Engine::run`] runs it.
//!
//! Invariants: a result is reused only under a [`Fingerprint`] that covers everything it depends on; results of
//! nondeterministic nodes are never reused; whatever a node does (panic, lie, stop half-way), the run goes on with
//! what does not depend on it, and nothing unfinished is kept.
//!
//! ```
//! # use std::{path::PathBuf, sync::Arc};
//! # use wirebrush_engine::*;
//! # use wirebrush_schema::{Definition, Failure, Port};
//! struct Upper(Definition);
//!
//! impl Runner for Upper {
//!     fn definition(&self, node_type: &str) -> Option<&Definition> {
//!         (node_type == self.0.id).then_some(&self.0)
//!     }
//!     fn artifact(&self, _: &str) -> Option<&str> {
//!         Some("built in")
//!     }
//!     fn run(
//!         &self,
//!         _: &str,
//!         inputs: Vec<(String, Value)>,
//!         _: &dyn NodeContext,
//!     ) -> Result<Vec<(String, Value)>, Failure> {
//!         let Some((_, Value::Text(text))) = inputs.first() else { return Err(Failure::failed("no text")) };
//!         Ok(vec![("text".into(), Value::Text(text.to_uppercase().into()))])
//!     }
//!     fn restore(&self, kind: &str, _: &[u8]) -> Result<Value, Failure> {
//!         Err(Failure::unsupported(kind))
//!     }
//! }
//! # struct Nothing;
//! # impl Environment for Nothing {
//! #     fn read_file(&self, name: &str) -> Result<File, Failure> { Err(Failure::failed(name)) }
//! #     fn find_model(&self, name: &str) -> Result<PathBuf, Failure> { Err(Failure::failed(name)) }
//! #     fn model_identity(&self, _: &str) -> String { String::new() }
//! # }
//!
//! let upper = Definition::new("text/Upper", "text").input(Port::text("text", "")).output(Port::new("text", "text"));
//! let runner = Arc::new(Upper(upper));
//! let engine = Engine::new(runner.clone(), Arc::new(Nothing), Config::default());
//!
//! let wiring = Wiring::new().node("shout", "text/Upper", |node| node.set("text", Value::Text("tea".into())));
//! let plan = Plan::new(&wiring, &Wanted::Ends, &*runner)?;
//! let result = engine.run(&plan, &|report| println!("{report:?}"), &CancelToken::new());
//!
//! assert_eq!(result.status, RunStatus::Finished);
//! assert!(matches!(result.output("shout.text"), Some(Value::Text(text)) if &**text == "TEA"));
//! # Ok::<(), PlanError>(())
//! ```

mod cache;
mod cancel;
mod check;
mod engine;
mod event;
mod fingerprint;
mod flights;
mod gates;
mod plan;
mod result;
mod run;
mod runner;
mod schedule;
mod value;

pub use cache::{DiskCache, MemoryCache, Outputs};
pub use cancel::CancelToken;
pub use engine::{Config, Engine};
pub use event::{Event, NodeKey, Report};
pub use fingerprint::Fingerprint;
pub use plan::{End, Plan, PlanError, Wanted, Wire, WiredNode, Wiring};
pub use result::{NodeResult, NodeState, Reuse, RunOutput, RunResult, RunStatus};
pub use runner::{Environment, File, NodeContext, Runner};
pub use value::{Buffer, BufferOwner, Bytes, Handle, HandleObject, Image, Tensor, Value};
