//! The commands, one file each.

mod check;
mod edit;
mod graph;
pub(crate) mod model;
mod nodes;
pub(crate) mod plugin;
mod run;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{Cli, Command, Schema};
use crate::exit::Exit;
use crate::output::outln;
use crate::server;
use crate::session::Session;
use crate::wit;

/// Does what the command line says.
pub(crate) fn dispatch(cli: Cli) -> Result<ExitCode> {
    let global = cli.global;
    let exit = match cli.command {
        Command::Edit(args) => edit::edit(&Session::open(&global)?, &args)?,
        Command::Run(args) => run::run(&Session::open(&global)?, &args)?,
        Command::Check { graph } => check::check(&Session::open(&global)?, &graph)?,
        Command::Serve(args) => server::serve(Session::open(&global)?, &args)?,
        Command::Nodes { id } => nodes::nodes(&Session::open(&global)?, id.as_deref())?,
        Command::Graph(command) => graph::graph(global.json, &command)?,
        Command::Plugin(command) => plugin::plugin(&global, &command)?,
        Command::ProbeNative { file } => return Ok(wirebrush_loader::probe::probe_main(&file)),
        Command::IsolatedPlugin => return Ok(wirebrush_loader::isolated_main()),
        Command::Model(command) => model::model(&Session::open(&global)?, &command)?,
        Command::Schema(Schema::Graph) => {
            outln!("{:#}", wirebrush_graph::schema());
            Exit::Ok
        }
        Command::Schema(Schema::Index) => {
            outln!("{:#}", wirebrush_package::index_schema());
            Exit::Ok
        }
        Command::Schema(Schema::Openapi) => {
            outln!("{}", serde_json::to_string_pretty(&server::openapi())?);
            Exit::Ok
        }
        Command::Schema(Schema::Wit) => {
            outln!("{}", wit::text().trim_end());
            Exit::Ok
        }
    };
    Ok(exit.into())
}
