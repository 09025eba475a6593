//! Everything a command works with: plugins, models, caches, and how to run a graph with them.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::{Context, Result};
use wirebrush_engine::{CancelToken, DiskCache, Engine, Environment, Report, RunResult, RunStatus, Wanted};
use wirebrush_graph::{Graph, Problems};
use wirebrush_loader::{Config, Discovery, Isolation, PATH_VARIABLE, Registry};

use crate::cli::Global;
use crate::data_dir::DataDir;
use crate::exit::{Exit, WrongUse};
use crate::files::Files;
use crate::index::ChosenIndex;
use crate::models::location::Location;
use crate::models::{ModelStore, Reach, candidates, hashes, missing, record};
use crate::plugins::{Changes, Plugins};
use crate::progress::Progress;
use crate::progress::bytes::Bytes;
use crate::store::blobs::Blobs;

// Enough for a few hundred encoded prompts and latents of a full-size model.
const DISK_CACHE_BYTES: u64 = 4 << 30;

/// What there is to work with. No plugin is opened before one of its nodes runs.
pub(crate) struct Session {
    plugins: RwLock<Arc<Plugins>>,
    config: Config,
    /// Held while plugins are looked for again, so that the newest state is the one that stays.
    reloading: Mutex<()>,
    pub(crate) models: ModelStore,
    pub(crate) json: bool,
    /// What nodes may use of the machine's memory, such as `8G`; empty leaves it to them.
    pub(crate) memory: Arc<str>,
    pub(crate) data: DataDir,
    /// Where to look for plugins that are not installed.
    pub(crate) index: Option<ChosenIndex>,
}

impl Session {
    /// Looks for plugins and models.
    pub(crate) fn open(global: &Global) -> Result<Self> {
        let data = DataDir::new(global.data_dir.as_deref())?;
        let config = plugin_config(global, &data);
        if !global.json && !data.compiled().exists() {
            eprintln!("preparing the plugins for this machine: once, some seconds");
        }
        let plugins = Plugins::load(&config);
        let models = ModelStore::new(&data, plugins.models());
        let index = global.index.as_deref().map(|place| ChosenIndex::new(place, &data));
        let session = Self {
            plugins: RwLock::new(Arc::new(plugins)),
            config,
            reloading: Mutex::new(()),
            models,
            json: global.json,
            memory: global.memory.as_deref().unwrap_or_default().into(),
            data,
            index,
        };
        session.tell_unknown(&global.isolate);
        session.tell_notices();
        Ok(session)
    }

    /// The plugins as they are now; they stay as they are for who holds them.
    pub(crate) fn plugins(&self) -> Arc<Plugins> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where plugins are and how they are loaded.
    pub(crate) fn plugin_config(&self) -> &Config {
        &self.config
    }

    /// Looks for plugins again and says what is different. Runs under way keep those they began with.
    pub(crate) fn reload(&self) -> Changes {
        let _turn = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.plugins();
        let new = Arc::new(old.reload(&self.config));
        self.models.set_plugins(new.models());
        *self.plugins.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        old.changes(&new)
    }

    /// Says which plugins that shall be isolated are not there: their user believes to be safe.
    fn tell_unknown(&self, isolated: &[String]) {
        let plugins = self.plugins();
        let known: BTreeSet<&str> = plugins.registry.plugins().iter().map(|it| it.id.as_str()).collect();
        let unknown = |id: &&String| !id.is_empty() && *id != Isolation::ALL && !known.contains(id.as_str());
        for id in isolated.iter().filter(unknown) {
            let known = known.iter().copied().collect::<Vec<_>>().join(", ");
            eprintln!("warning: --isolate: no plugin `{id}`; there are {known}");
        }
    }

    /// Says what the user should know of plugins, unless a program listens.
    fn tell_notices(&self) {
        if self.json {
            return;
        }
        let plugins = self.plugins();
        let mut told = HashSet::new();
        for problem in plugins.registry.problems() {
            eprintln!("warning: plugins: {problem}");
        }
        for plugin in plugins.registry.plugins() {
            // A disabled plugin may have several versions, with the same to say of each.
            if let Some(why) = plugin.refusal().filter(|why| told.insert(why.clone())) {
                eprintln!("warning: plugin {} is not used: {why}", plugin.id);
            }
            for notice in &plugin.notices {
                eprintln!("plugin {}: {notice}", plugin.id);
            }
        }
    }

    /// Runs a graph, shows its progress, and notes in the graph which models it ran with. Ctrl-C cancels; a second one
    /// ends the program. A model that is missing is replaced by one with the same hash.
    ///
    /// # Errors
    /// When the graph is not sound or a model is missing ([`WrongUse`]); what nodes fail at is in the result.
    pub(crate) fn run_noted(
        &self,
        graph: &mut Graph,
        wanted: &Wanted,
        base: &Path,
        cache: bool,
    ) -> Result<RunResult> {
        let catalog = self.plugins().for_graph(graph).catalog;
        candidates::learn(self, graph, &*catalog)?;
        self.check(missing::check(graph, &*catalog, &self.models, Reach::Paths))?;
        missing::substitute(graph, &*catalog, &self.models, Reach::Paths);
        let unread = record::note(graph, &*catalog, self, Reach::Paths);
        let cancel = cancel_on_ctrl_c()?;
        let reading = record::hash_meanwhile(&self.models, unread, cancel.clone());
        let progress = Progress::new(self.json);
        let result = self.run_with(graph, wanted, base, cache, &|report| progress.show(&report), &cancel)?;
        // Without a hash the result is as good; only its record is poorer.
        let _ = reading.join();
        record::note(graph, &*catalog, self, Reach::Paths);
        Ok(result)
    }

    /// Runs a small graph whose progress nobody needs to see; its results are not kept. It is over too soon to be
    /// cancelled, and a server, where it runs too, has another use for Ctrl-C.
    ///
    /// # Errors
    /// When the graph is not sound ([`WrongUse`]); what nodes fail at is in the result.
    pub(crate) fn run_silently(&self, graph: &Graph, wanted: &Wanted) -> Result<RunResult> {
        self.run_with(graph, wanted, Path::new("."), false, &|_| {}, &CancelToken::new())
    }

    /// Runs a small graph and shows its progress; its results are not kept.
    ///
    /// # Errors
    /// As [`Session::run_silently`].
    pub(crate) fn run_unkept(&self, graph: &Graph, wanted: &Wanted) -> Result<RunResult> {
        let progress = Progress::new(self.json);
        let cancel = cancel_on_ctrl_c()?;
        self.run_with(graph, wanted, Path::new("."), false, &|report| progress.show(&report), &cancel)
    }

    fn run_with(
        &self,
        graph: &Graph,
        wanted: &Wanted,
        base: &Path,
        cache: bool,
        listener: &(dyn Fn(Report) + Sync),
        cancel: &CancelToken,
    ) -> Result<RunResult> {
        let scope = self.plugins().for_graph(graph);
        self.check(wirebrush_graph::validate(graph, &*scope.catalog))?;
        let environment = Files {
            base: base.to_owned(),
            blobs: self.blobs(),
            models: self.models.clone(),
            memory: self.memory.clone(),
        };
        let engine = self.engine(Arc::new(environment), cache)?.with_runner(scope.runner);
        let plan = engine.plan(graph, wanted).map_err(|error| WrongUse(error.to_string()))?;
        let result = engine.run(&plan, listener, cancel);
        if let Some(disk) = engine.disk() {
            disk.flush();
        }
        Ok(result)
    }

    /// An engine without nodes, to be given those a graph gets; with `cache`, results stay for the next start.
    ///
    /// # Errors
    /// When the folder of the cache cannot be made.
    pub(crate) fn engine(&self, environment: Arc<dyn Environment>, cache: bool) -> Result<Engine> {
        let mut config = wirebrush_engine::Config::default();
        if cache {
            let folder = self.data.results();
            let disk = DiskCache::new(&folder, DISK_CACHE_BYTES)
                .with_context(|| format!("result cache {}", folder.display()))?;
            config.disk = Some(Arc::new(disk));
        }
        Ok(Engine::new(Arc::new(Registry::default()), environment, config))
    }

    /// Reads the files of a model for their hashes, where they are not known, and shows how far it is; Ctrl-C stops it.
    ///
    /// # Errors
    /// When a file cannot be read; [`Cancelled`](crate::exit::Cancelled).
    pub(crate) fn hash(&self, name: &str, location: &Location, json: bool) -> Result<()> {
        let total = hashes::bytes_to_hash(location, &self.models.known());
        let mut bar = Bytes::new(&format!("reading {name}"), total, json);
        hashes::hash_model(location, self.models.register(), &cancel_on_ctrl_c()?, &mut |n| bar.advance(n))
    }

    /// Files by their contents, shared with the server.
    pub(crate) fn blobs(&self) -> Blobs {
        Blobs::new(self.data.assets())
    }

    /// Prints warnings, refuses errors.
    pub(crate) fn check(&self, problems: Problems) -> Result<()> {
        if problems.has_errors() {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            return Err(WrongUse(format!("the graph cannot run:\n  {}", lines.join("\n  "))).into());
        }
        if !self.json {
            for problem in problems.iter() {
                eprintln!("{problem}");
            }
        }
        Ok(())
    }
}

/// The exit code for a result.
pub(crate) fn exit(result: &RunResult) -> Exit {
    match result.status {
        RunStatus::Finished => Exit::Ok,
        RunStatus::Failed => Exit::Failed,
        RunStatus::Cancelled => Exit::Cancelled,
    }
}

/// Where plugins are looked for: folders named on the command line, beside the program, in `WIREBRUSH_PLUGIN_PATH`, and
/// the user's own.
pub(crate) fn plugin_config(global: &Global, data: &DataDir) -> Config {
    let mut discovery = Discovery::new().directories(&global.plugins);
    if let Some(bundled) = bundled_plugins() {
        discovery = discovery.bundled(bundled);
    }
    let path = std::env::var_os(PATH_VARIABLE);
    Config {
        discovery: discovery.path(path.as_deref()).user(data.plugins()),
        cache_dir: Some(data.compiled()),
        lock_file: Some(data.lock_file()),
        scratch_dir: Some(data.scratch()),
        isolation: Isolation { plugins: global.isolate.iter().cloned().collect(), ..Isolation::default() },
        ..Config::default()
    }
}

/// The plugins that lie beside the program.
fn bundled_plugins() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.parent()?.join("plugins"))
}

/// The switch that Ctrl-C throws, one for all that a command does.
///
/// # Errors
/// When the system does not tell of Ctrl-C.
pub(crate) fn cancel_on_ctrl_c() -> Result<CancelToken> {
    static TOKEN: Mutex<Option<CancelToken>> = Mutex::new(None);
    let mut token = TOKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(token) = &*token {
        return Ok(token.clone());
    }
    let handler = CancelToken::new();
    *token = Some(handler.clone());
    let switch = handler.clone();
    ctrlc::set_handler(move || {
        if handler.is_cancelled() {
            std::process::exit(130);
        }
        handler.cancel();
        eprintln!("cancelling; press Ctrl-C again to stop at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(switch)
}
