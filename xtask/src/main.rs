//! `cargo xtask …`: builds host, plugins and components together, then runs, tests, measures or packs them.

mod browser;
mod build;
mod editor;
mod npm;
mod process;
mod stage;
mod tasks;
mod templates;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests and packs Wirebrush.")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything in release and edit the bundled picture with the embedded model.
    Edit,
    /// Run all tests. Arguments go to the test runner.
    #[command(trailing_var_arg = true)]
    Test {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build everything in release and run `wirebrush` with these arguments.
    #[command(trailing_var_arg = true)]
    Wirebrush {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build everything in release and open the editor in a browser. Arguments go to `wirebrush serve`.
    #[command(trailing_var_arg = true)]
    Serve {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Write what the editor keeps of the program: API description, graph schema, types that follow.
    Types,
    /// Make `dist/wirebrush`, a folder that runs on any machine of this kind.
    Dist,
    /// Measure the overhead of nodes, caches and boundaries; prints a table.
    #[command(trailing_var_arg = true)]
    Bench {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Feed the host what nobody would write: mutated files, components and values. Arguments go to the harness.
    #[command(trailing_var_arg = true, disable_help_flag = true)]
    Fuzz {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure how well kontext-tiny edits the held-back scenes; prints a table.
    #[command(trailing_var_arg = true)]
    Eval {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Write a transformer of the real size with formula weights, run one step of it, and say what it took; some minutes.
    #[command(trailing_var_arg = true, disable_help_flag = true)]
    FullSize {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    std::env::set_current_dir(process::root())?;
    match Args::parse().task {
        Task::Edit => tasks::edit(),
        Task::Test { args } => tasks::test(&args),
        Task::Wirebrush { args } => tasks::wirebrush(&args),
        Task::Serve { args } => tasks::serve(&args),
        Task::Types => tasks::types(),
        Task::Dist => tasks::dist(),
        Task::Bench { args } => tasks::bench(&args),
        Task::Fuzz { args } => tasks::fuzz(&args),
        Task::Eval { args } => tasks::eval(&args),
        Task::FullSize { args } => tasks::full_size(&args),
    }
}
