//! `wirebrush plugin`: its sub-commands, one file each.

mod approve;
mod build;
mod check;
mod dev;
mod find;
mod index;
mod install;
mod keygen;
mod list;
mod manage;
mod new;
mod pack;
mod probe;
mod report;
mod show;
mod sign;
mod update;
mod verify;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::Global;
use crate::data_dir::DataDir;
use crate::exit::Exit;
use crate::session;

/// The words after `wirebrush plugin`.
#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// List the plugins, with the reason for each that is not used.
    List,
    /// Load a plugin folder in a separate process and say what it has.
    Probe {
        /// Folder with a `plugin.json`.
        folder: PathBuf,
    },
    /// Say everything that is known of one plugin.
    Show {
        /// Id of the plugin.
        id: String,
    },
    /// Install a plugin, after showing who made it and what it asks for.
    Install(install::Install),
    /// Install newer versions of installed plugins that the index has.
    Update(update::Update),
    /// Remove a plugin, or one version of it.
    Remove {
        /// `ID` or `ID@VERSION`.
        plugin: String,
    },
    /// Make an installed version the one that graphs get unless they ask for another.
    Activate {
        /// `ID@VERSION`.
        plugin: String,
    },
    /// Trust a native plugin whose file is new or has changed; allow an installed one what it asks for.
    Approve {
        /// Id of the plugin.
        id: String,
    },
    /// Keep a plugin from being used.
    Disable(manage::Disable),
    /// Let a disabled plugin be used again.
    Enable {
        /// Id of the plugin.
        id: String,
    },
    /// Remember, replace or forget the key that a publisher signs with.
    Trust(manage::Trust),
    /// Put a plugin into one `.wbplugin` file to ship it in.
    Pack(pack::Pack),
    /// Make a key to sign packages with.
    Keygen(keygen::Keygen),
    /// Sign a package.
    Sign(sign::Sign),
    /// Say who made a package and what is in it, and check every file of it.
    Verify(verify::Verify),
    /// Say which plugin of the index has a node.
    Find(find::Find),
    /// Indexes of plugins.
    #[command(subcommand)]
    Index(index::IndexCommand),
    /// Make a project for a plugin: one node, a test, and how to build, try and pack it.
    New(new::New),
    /// Build a project into its folder `dist`, as its `build.json` says.
    Build {
        /// The project.
        #[arg(default_value = ".")]
        project: PathBuf,
    },
    /// Find what a host would refuse and users would stumble over: reads the definitions, runs the nodes.
    Check(check::Check),
    /// Build a project whenever its sources change, and have a server take it over without a restart.
    Dev(dev::Dev),
    /// Run one node for `check`, in a process that may die.
    #[command(hide = true)]
    CheckNode(check::CheckNode),
}

pub(crate) fn plugin(global: &Global, command: &Plugin) -> Result<Exit> {
    let data = DataDir::new(global.data_dir.as_deref())?;
    let config = session::plugin_config(global, &data);
    match command {
        Plugin::List => list::list(&config, global.json),
        Plugin::Probe { folder } => probe::probe(folder, &config, global.json),
        Plugin::Show { id } => show::show(id, &config, global.json),
        Plugin::Install(args) => install::install(args, &config, &data, global),
        Plugin::Update(args) => update::update(args, &config, &data, global),
        Plugin::Remove { plugin } => manage::remove(plugin, &config, global.json),
        Plugin::Activate { plugin } => manage::activate(plugin, &config, global.json),
        Plugin::Approve { id } => approve::approve(&config, id, global.json),
        Plugin::Disable(args) => manage::disable(args, &config, global.json),
        Plugin::Enable { id } => manage::enable(id, &config, global.json),
        Plugin::Trust(args) => manage::trust(args, &config, global.json),
        Plugin::Pack(args) => pack::pack(args, &config, global.json),
        Plugin::Keygen(args) => keygen::keygen(args, &data, global.json),
        Plugin::Sign(args) => sign::sign(args, global.json),
        Plugin::Verify(args) => verify::verify(args, global.json),
        Plugin::Find(args) => find::find(args, global.index.as_deref(), &data, global.json),
        Plugin::Index(command) => index::index(command, &config, global.json),
        Plugin::New(args) => new::new(args, global.json),
        Plugin::Build { project } => build::build(project, &config, global.json),
        Plugin::Check(args) => check::check(args, &config, global.json),
        Plugin::Dev(args) => dev::dev(global, args),
        Plugin::CheckNode(args) => check::check_node(args, &config),
    }
}
