//! Native plugins: dynamic libraries over `wirebrush-abi`.
//!
//! [`open`] runs foreign code with the user's rights: only for files whose hash was checked and which are trusted, or
//! in a probe's process. A library is never unloaded: values, handles and threads of its own may point into it for as
//! long as the process lives.
#![allow(unsafe_code, reason = "dlopen, and the header that vouches for its module")]

mod anew;
mod handle;
mod host;
mod value;

use std::path::Path;
use std::sync::Arc;

use abi_stable::StableAbi;
use abi_stable::abi_stability::abi_checking::{CheckingGlobals, check_layout_compatibility_with_globals};
use abi_stable::library::{
    AbiHeaderRef, LibHeader, LibraryError, ROOT_MODULE_LOADER_NAME_WITH_NUL, RootModuleError,
};
use abi_stable::std_types::{RResult, RVec};
use libloading::Library;
use wirebrush_abi::{self as abi, ModuleRef, Named};
use wirebrush_engine::{NodeContext, Value};
use wirebrush_schema::{Description, Failure};

pub(crate) use self::anew::open_anew;
use crate::Error;
use crate::error::one_line;
use crate::plugin::{Fault, LoadedPlugin};
use crate::storage::Storage;

/// An open native plugin.
pub(crate) struct NativePlugin {
    id: Arc<str>,
    module: ModuleRef,
    description: Description,
    storage: Arc<Storage>,
}

impl NativePlugin {
    /// An open plugin whose description is known from an earlier time or is asked for; `path` is for messages.
    pub(crate) fn new(
        path: &Path,
        module: ModuleRef,
        id: &str,
        known: Option<Description>,
        storage: Arc<Storage>,
    ) -> Result<Self, Error> {
        let description = match known {
            Some(description) => description,
            None => describe(path, module)?,
        };
        Ok(Self { id: id.into(), module, description, storage })
    }
}

impl LoadedPlugin for NativePlugin {
    fn description(&self) -> &Description {
        &self.description
    }

    fn run(
        &self,
        node: &str,
        inputs: Vec<(String, Value)>,
        cx: &dyn NodeContext,
    ) -> Result<Vec<(String, Value)>, Fault> {
        let inputs: RVec<Named> = inputs
            .into_iter()
            .map(|(name, value)| Named { name: name.into(), value: value::send(value) })
            .collect();
        let host = host::Host { cx, plugin: &self.id, storage: &self.storage };
        match self.module.run()(node.into(), inputs, abi::lend(&host)) {
            RResult::ROk(outputs) => outputs
                .into_iter()
                .map(|Named { name, value }| {
                    let value = value::receive(value, &self.id);
                    let lie = |why| Fault::Crash(Failure::failed(format!("output `{name}`: {why}")));
                    Ok((String::from(name.clone()), value.map_err(lie)?))
                })
                .collect(),
            RResult::RErr(failure) => Err(fault(failure)),
        }
    }

    fn restore(&self, kind: &str, bytes: &[u8]) -> Result<Value, Fault> {
        match self.module.restore()(kind.into(), bytes.into()) {
            RResult::ROk(value) => value::receive(value, &self.id)
                .map_err(|why| Fault::Crash(Failure::failed(format!("restoring `{kind}`: {why}")))),
            RResult::RErr(failure) => Err(fault(failure)),
        }
    }
}

/// A failure over the interface. The SDK catches panics and says so at its beginning.
fn fault(failure: abi::Failure) -> Fault {
    match Failure::from(failure) {
        Failure::Failed { why } if why.starts_with("panicked: ") => Fault::Crash(Failure::failed(why)),
        said => Fault::Said(said),
    }
}

/// Opens a library and checks that it speaks our interface.
///
/// # Errors
/// [`Error::Incompatible`]. What the library does to the process while it is opened cannot be caught here.
pub(crate) fn open(path: &Path) -> Result<ModuleRef, Error> {
    // SAFETY: initializers of the library run here. The caller trusts the file, or this is a probe's process.
    let library = unsafe { library(path) }.map_err(|error| {
        let why = error.to_string();
        let why = why.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&why);
        Error::incompatible(path, format!("not a library this machine can open: {why}"), "")
    })?;
    let library: &'static Library = Box::leak(Box::new(library));
    // SAFETY: `abi_stable` gives this name to statics that begin with an `AbiHeader` and to nothing else; the
    // reference stays valid because the library is leaked.
    let header = unsafe { library.get::<AbiHeaderRef>(ROOT_MODULE_LOADER_NAME_WITH_NUL.as_bytes()) }
        .map_err(|error| {
            Error::incompatible(path, "a library, but no Wirebrush plugin", error.to_string())
        })?;
    let header = header.upgrade().map_err(|error| refuse(path, &error))?;
    if header.layout().is_none() {
        return Err(Error::incompatible(
            path,
            "hides the types of its interface, so that they cannot be checked",
            "",
        ));
    }
    module(header).map_err(|error| refuse(path, &error))
}

/// The module of a library, once its types fit ours.
fn module(header: &'static LibHeader) -> Result<ModuleRef, LibraryError> {
    if fits(header) {
        // SAFETY: of the two sides one has the other's types, or them with more behind them. Whoever looks for a field
        // or a method that the other has not, asks the prefix type whether it is there.
        unsafe { header.init_root_module_with_unchecked_layout::<ModuleRef>() }
    } else {
        // Refuses it as well, and says why.
        header.init_root_module::<ModuleRef>()
    }
}

/// Whether a library's types are ours, of an older minor version or a newer one.
///
/// `abi_stable` by itself lets a library have more than its host asks for, never less; and it holds each library
/// against those before it, so that a new one beside an old one is refused. Libraries only ever speak to the host.
fn fits(header: &LibHeader) -> bool {
    let ours = <ModuleRef as StableAbi>::LAYOUT;
    let has_all = |interface, implementation| {
        check_layout_compatibility_with_globals(interface, implementation, &CheckingGlobals::new()).is_ok()
    };
    header.layout().is_some_and(|theirs| has_all(ours, theirs) || has_all(theirs, ours))
}

/// Asks an open plugin what it is.
///
/// # Errors
/// [`Error::Probe`] when it panics or answers no description.
pub(crate) fn describe(path: &Path, module: ModuleRef) -> Result<Description, Error> {
    match module.describe()() {
        RResult::ROk(json) => serde_json::from_str(&json)
            .map_err(|error| Error::probe(path, format!("describe: not a description: {error}"), json)),
        RResult::RErr(failure) => {
            Err(Error::probe(path, format!("describe: {}", Failure::from(failure)), ""))
        }
    }
}

/// Opens a library with all its symbols resolved, so that a missing one is an error now and no crash later.
///
/// # Safety
/// The initializers of the library run.
unsafe fn library(path: &Path) -> Result<Library, libloading::Error> {
    #[cfg(unix)]
    {
        use libloading::os::unix;
        // SAFETY: the caller's obligation.
        unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) }.map(Library::from)
    }
    #[cfg(not(unix))]
    {
        // SAFETY: the caller's obligation.
        unsafe { Library::new(path) }
    }
}

// A layout mismatch is explained in thousands of lines; the user gets the sentence, a log the rest.
fn refuse(path: &Path, error: &LibraryError) -> Error {
    let ours = abi::VERSION;
    let why = match error {
        LibraryError::IncompatibleVersionNumber { actual_version, .. } => {
            format!("built for version {actual_version} of the plugin interface, this host speaks {ours}")
        }
        LibraryError::AbiInstability(_) => {
            format!(
                "its types differ from those of version {ours} of the plugin interface: rebuild it with a released SDK"
            )
        }
        LibraryError::InvalidAbiHeader(found) => format!(
            "built with abi_stable {}.{}, this host uses {}.{}",
            found.abi_major,
            found.abi_minor,
            abi_stable::library::AbiHeader::VALUE.abi_major,
            abi_stable::library::AbiHeader::VALUE.abi_minor,
        ),
        LibraryError::InvalidCAbi { .. } => {
            "its compiler passes arguments differently from this host's".to_owned()
        }
        LibraryError::RootModule { err: RootModuleError::Unwound, .. } => {
            "panicked while it was opened".to_owned()
        }
        other => one_line(&other.to_string()),
    };
    Error::incompatible(path, why, error.to_string())
}
