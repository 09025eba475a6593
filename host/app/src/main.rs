//! `wirebrush`: edits pictures with graphs of plugin nodes. This crate is the command line and the server; all effects
//! live here.

mod bundle;
mod cli;
mod commands;
mod consent;
mod data_dir;
mod edit_graph;
mod exit;
mod fetch;
mod file_name;
mod files;
mod hub;
mod index;
mod literals;
mod lock;
mod media_type;
mod models;
mod output;
mod plugins;
mod png;
mod progress;
mod project;
mod queue;
mod reference;
mod results;
mod server;
mod session;
mod store;
mod wit;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let json = cli.global.json;
    commands::dispatch(cli).unwrap_or_else(|error| {
        if json {
            output::outln!("{}", serde_json::json!({ "error": exit::told(&error) }));
        } else {
            eprintln!("error: {}", output::plain(&exit::told(&error)));
        }
        exit::Exit::of(&error).into()
    })
}
