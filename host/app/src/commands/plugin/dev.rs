//! `wirebrush plugin dev`: builds a plugin whenever its sources change and has a server take it over.
//!
//! The server is this program's own, or one that is running already. Nothing is restarted: a server loads the new build
//! beside the old one, and runs under way end with what they began with. A build that fails leaves the last good one in
//! place, with a note that the server shows at the plugin.

mod server;
mod sources;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value as Json, json};
use wirebrush_loader::{BUILD_FAILED, Config, Discovery};

use self::server::RunningServer;
use self::sources::Sources;
use crate::cli::{Global, Serve};
use crate::data_dir::DataDir;
use crate::exit::Exit;
use crate::output::outln;
use crate::project::Project;
use crate::server::serve_and;
use crate::session::{self, Session};

/// What `wirebrush plugin dev` is told.
#[derive(Args)]
pub(crate) struct Dev {
    /// Folder with `plugin.json` and `build.json`, as `wirebrush plugin new` makes it.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Have this running server take the plugin over instead of starting one; it must have been started with
    /// `--plugins FOLDER/dist`.
    #[arg(long, value_name = "URL", conflicts_with_all = ["port", "open", "listen"])]
    server: Option<String>,
    #[command(flatten)]
    serve: Serve,
}

pub(super) fn dev(global: &Global, args: &Dev) -> Result<Exit> {
    let project = Project::read(&args.folder)?;
    let mut global = global.clone();
    global.plugins.insert(0, project.dist());
    let data = DataDir::new(global.data_dir.as_deref())?;
    // What is trusted is what was built, wherever else a plugin of this id lies.
    let discovery = Discovery::new().directories([project.dist()]);
    let config = Config { discovery, ..session::plugin_config(&global, &data) };
    let mut sources = Sources::watch(project.watched().collect())?;
    let work = Work { project, config, json: global.json };

    if let Some(url) = &args.server {
        let stop = sources.stopper();
        ctrlc::set_handler(move || stop.stop()).context("cannot listen for Ctrl-C")?;
        let server = RunningServer::new(url, args.serve.token.as_deref());
        work.step(&mut sources, Some(&server));
        work.follow(&mut sources, &server);
        return Ok(Exit::Ok);
    }
    work.step(&mut sources, None);
    serve_and(Session::open(&global)?, &args.serve, move |url, token| {
        let server = RunningServer::new(url, token);
        // Ends with the program.
        std::thread::spawn(move || work.follow(&mut sources, &server));
    })
}

/// What is built, and for whom.
struct Work {
    project: Project,
    config: Config,
    json: bool,
}

impl Work {
    /// Builds after each change, until it is told to stop.
    fn follow(&self, sources: &mut Sources, server: &RunningServer) {
        while sources.wait() {
            self.step(sources, Some(server));
        }
    }

    /// Builds once, has the server take over what came of it, and says so. What changes meanwhile is found by the next
    /// wait.
    fn step(&self, sources: &mut Sources, server: Option<&RunningServer>) {
        sources.remember();
        let begun = Instant::now();
        let built = self.build();
        let taken = server.map_or(Ok(()), |server| server.reload(built.as_deref().ok()));
        let seconds = begun.elapsed().as_secs_f64();
        match (built, taken) {
            (Ok(id), Ok(())) if self.json => {
                outln!("{}", json!({ "event": "built", "plugin": id, "seconds": seconds }));
            }
            (Ok(id), Ok(())) => eprintln!("{id}: built in {seconds:.1} s; waiting for the next change"),
            (Err(error), _) => self.complain("build-failed", &error),
            (Ok(_), Err(error)) => self.complain("not-used", &error),
        }
    }

    fn complain(&self, event: &str, error: &anyhow::Error) {
        if self.json {
            outln!("{}", json!({ "event": event, "why": format!("{error:#}") }));
        } else {
            eprintln!("{error:#}\nwaiting for the next change");
        }
    }

    /// The id of the plugin, which lies in the project's `dist`; on failure the plugin there gets a note.
    fn build(&self) -> Result<String> {
        let built = self.project.build(&self.config).and_then(|dist| {
            let manifest: Json = serde_json::from_slice(&std::fs::read(dist.join("plugin.json"))?)?;
            let id = manifest["id"].as_str().context("plugin.json has no `id`")?.to_owned();
            // Whoever builds a native plugin trusts it.
            wirebrush_loader::approve(&self.config, &id)?;
            Ok(id)
        });
        if let Err(error) = &built {
            // There is nothing to mark before the first success.
            let _ = std::fs::write(self.project.dist().join(BUILD_FAILED), format!("{error:#}"));
        }
        built
    }
}
