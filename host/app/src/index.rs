//! The plugin index that the user chose: which plugins there are beyond those that are installed.

mod kept;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempPath;
use wirebrush_graph::{Definitions, Graph};
use wirebrush_loader::HOST_TARGET;
use wirebrush_package::{Host, Index, IndexVersion, Offer, sha256_file};

use self::kept::Kept;
use crate::data_dir::DataDir;
use crate::exit::WrongUse;
use crate::fetch::{Place, TooLarge};

/// Bytes of an index; one of a thousand plugins has about a megabyte.
const MAX_INDEX: u64 = 32 << 20;

/// What this program can load.
pub(crate) const HOST: Host<'static> = Host { abi: wirebrush_loader::ABI, target: HOST_TARGET };

/// For so long an index from a web server is not asked for again: a graph with missing nodes asks for each of them.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// Where the index is.
#[derive(Debug, Clone)]
pub(crate) struct ChosenIndex {
    place: Place,
    kept: Kept,
}

impl ChosenIndex {
    /// The index at a path or URL.
    pub(crate) fn new(place: &str, data: &DataDir) -> Self {
        Self { place: Place::parse(place), kept: Kept::new(data.fetched()) }
    }

    /// The index at the path or URL that the user gave.
    ///
    /// # Errors
    /// [`WrongUse`] when there is none.
    pub(crate) fn required(place: Option<&str>, data: &DataDir) -> Result<Self> {
        let missing = "expected an index: --index FILE or URL, or the variable WIREBRUSH_INDEX";
        place.map(|place| Self::new(place, data)).ok_or_else(|| WrongUse(missing.to_owned()).into())
    }

    /// Reads the index, as it is or was a few minutes ago.
    ///
    /// # Errors
    /// When it cannot be had, or with everything that is wrong with it.
    pub(crate) fn load(&self) -> Result<Index> {
        self.read(FRESH)
    }

    /// Reads the index as it is now.
    ///
    /// # Errors
    /// As [`ChosenIndex::load`].
    pub(crate) fn load_now(&self) -> Result<Index> {
        self.read(Duration::ZERO)
    }

    fn read(&self, fresh: Duration) -> Result<Index> {
        let parse = |text: &str| Ok(Index::parse(text, &self.place.to_string())?);
        match &self.place {
            Place::File(_) => parse(&self.place.text(MAX_INDEX)?),
            Place::Url(url) => self.kept.read(url, MAX_INDEX, fresh, parse),
        }
    }

    /// Fetches the package of a version; it is the one that the index means.
    ///
    /// # Errors
    /// When it cannot be had, or is another file than the index says.
    pub(crate) fn download(&self, version: &IndexVersion) -> Result<TempPath> {
        let place = self.place.join(&version.url);
        let package = place.download(version.size).map_err(|error| match error.downcast() {
            Ok(TooLarge { name, limit }) => {
                anyhow!("{name}: expected {limit} bytes, as the index says, found more")
            }
            Err(other) => other,
        })?;
        let size = package.metadata().context("temporary file")?.len();
        if size != version.size {
            bail!("{place}: expected {} bytes, as the index says, found {size}", version.size);
        }
        let sha256 = sha256_file(&package)?;
        if sha256 != version.sha256 {
            bail!("{place}: expected SHA-256 {}, as the index says, found {sha256}", version.sha256);
        }
        Ok(package)
    }
}

/// An offer in a line: `acme.tone 1.2.0 (Tone, by Acme), sandboxed`.
pub(crate) fn in_words(offer: &Offer<'_>) -> String {
    let title = if offer.plugin.title.is_empty() { offer.id } else { &offer.plugin.title };
    let publisher = if offer.plugin.publisher.is_empty() {
        wirebrush_package::publisher(offer.id)
    } else {
        &offer.plugin.publisher
    };
    let kind = if offer.is_native(&HOST) { "native code" } else { "sandboxed" };
    let text = format!("{} {} ({title}, by {publisher}), {kind}", offer.id, offer.version.version);
    // An index may say anything, also to the terminal.
    text.chars().filter(|it| !it.is_control()).collect()
}

/// An offer for programs.
pub(crate) fn as_json(offer: &Offer<'_>) -> serde_json::Value {
    serde_json::json!({
        "id": offer.id,
        "title": offer.plugin.title,
        "description": offer.plugin.description,
        "publisher": offer.plugin.publisher,
        "key": offer.plugin.key,
        "version": offer.version.version,
        "size": offer.version.size,
        "permissions": offer.version.permissions,
        "native": offer.is_native(&HOST),
        "nodes": offer.version.nodes,
    })
}

/// The node types that a graph uses and nobody declares, without its own subgraphs.
pub(crate) fn missing_types<'a>(graph: &'a Graph, definitions: &dyn Definitions) -> BTreeSet<&'a str> {
    let inner = graph.definitions.values().flat_map(|subgraph| subgraph.nodes.values());
    let types = graph.nodes.values().chain(inner).map(|node| node.node_type.as_str());
    types.filter(|id| !id.starts_with('#') && definitions.get(id).is_none()).collect()
}
