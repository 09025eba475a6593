//! From the command line to a listening server and, on a signal, out again.

use std::fs::{File, TryLockError};
use std::future::IntoFuture;
use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::access::{self, Access};
use super::plugins::Watch;
use super::router::router;
use super::state::AppState;
use crate::cli::Serve;
use crate::exit::{Exit, WrongUse};
use crate::output::outln;
use crate::session::Session;

// A node notices a cancellation within one step; a step of a large model takes seconds.
const PATIENCE: Duration = Duration::from_secs(10);

// What nobody guesses over a network, whatever the characters.
const SHORTEST_TOKEN: usize = 16;

/// Serves until Ctrl-C or SIGTERM. A second signal ends the program at once.
///
/// # Errors
/// When the address cannot be bound or the data directory not used.
pub(crate) fn serve(session: Session, args: &Serve) -> Result<Exit> {
    serve_and(session, args, |_, _| {})
}

/// Like [`serve`]; calls `ready` with the server's URL and token as soon as it listens.
///
/// # Errors
/// As [`serve`].
pub(crate) fn serve_and(
    session: Session,
    args: &Serve,
    ready: impl FnOnce(&str, Option<&str>),
) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Handlers only wait; what works has threads of its own.
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the server's threads")?;
    let exit = runtime.block_on(run(session, args, ready));
    // A node that does not notice must not keep the program.
    runtime.shutdown_background();
    exit
}

async fn run(session: Session, args: &Serve, ready: impl FnOnce(&str, Option<&str>)) -> Result<Exit> {
    let json = session.json;
    let wanted = resolve(&args.listen, args.port)?;
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        WrongUse(format!("cannot listen on {wanted}: {error}; `--port 0` takes any free port"))
    })?;
    let address = listener.local_addr().context("the listener has no address")?;
    if let Some(token) = &args.token
        && !address.ip().is_loopback()
        && token.len() < SHORTEST_TOKEN
    {
        let message = format!(
            "--token: expected {SHORTEST_TOKEN} characters or more beyond this machine, found {}",
            token.len()
        );
        return Err(WrongUse(message).into());
    }
    let generated = match &args.token {
        None if !address.ip().is_loopback() => Some(access::new_token()?),
        _ => None,
    };
    let token = args.token.as_deref().or(generated.as_deref());
    let access = Access::new(address, &args.listen, token).named(&args.hosts);
    let url = access.url();
    // Held until the program ends, in whatever way.
    let _lock = lock(&session.data.server_lock())?;
    let state = AppState::open(session, access)?;
    let _watch = Watch::start(state.clone())
        .inspect_err(|error| eprintln!("warning: changes of plugins in a terminal go unnoticed: {error:#}"));
    announce(&url, generated.as_deref(), json);
    ready(&url, token);
    if address.ip().is_unspecified() && !json {
        let port = address.port();
        outln!(
            "Other devices reach it under this machine's address, port {port}, and under names given with --host; \
             nothing is encrypted."
        );
    }
    if args.open {
        open_browser(&login_url(&url, token));
    }

    // The server learns of the signal from here alone: without clients it would be gone before the queue had ended.
    let (end, asked_to_end) = oneshot::channel::<()>();
    let server = axum::serve(listener, router(state.clone())).with_graceful_shutdown(async {
        let _ = asked_to_end.await;
    });
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        served = &mut server => served.context("the server died")?.context("the server failed")?,
        () = stop_signal() => {
            let _ = end.send(());
            stop(server, state, json).await;
        }
    }
    Ok(Exit::Ok)
}

/// Ends what is under way. What has not noticed after a while is marked interrupted at the next start, as after a crash.
async fn stop(server: JoinHandle<std::io::Result<()>>, state: AppState, json: bool) {
    if !json {
        eprintln!("stopping; press Ctrl-C again to stop at once");
    }
    tokio::spawn(async {
        stop_signal().await;
        std::process::exit(130);
    });
    // Streams of events never end by themselves.
    state.events.close();
    let queue = tokio::task::spawn_blocking(move || state.queue.stop());
    let ended = async {
        let _ = queue.await;
        let _ = server.await;
    };
    let _ = tokio::time::timeout(PATIENCE, ended).await;
}

/// Keeps a second server off the same data: it would take the runs of the first for left over from a crash.
fn lock(path: &Path) -> Result<File> {
    let open = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        File::options().create(true).write(true).truncate(false).open(path)
    };
    let at = || format!("the data directory cannot be used: {}", path.display());
    let file = open().with_context(at)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = format!(
                "{}: another `wirebrush serve` works with this data directory; `--data-dir` names another one",
                path.display()
            );
            Err(WrongUse(message).into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(at),
    }
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = (bare, port).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        let message = format!("--listen {host}: expected an address such as 127.0.0.1 or 0.0.0.0");
        WrongUse(message).into()
    })
}

/// Says where the server is, once it is there.
fn announce(url: &str, generated: Option<&str>, json: bool) {
    let mut out = std::io::stdout().lock();
    // Whoever closed the pipe does not want to know.
    let _ = if json {
        writeln!(out, "{}", json!({ "listening": url, "token": generated }))
    } else {
        writeln!(out, "Wirebrush listens on {url}").and_then(|()| match generated {
            Some(token) => writeln!(out, "Log in once with {}", login_url(url, Some(token))),
            None => Ok(()),
        })
    };
    let _ = out.flush();
}

/// Where the editor logs in by itself. What stands behind `#` is never sent, and so in no log.
fn login_url(url: &str, token: Option<&str>) -> String {
    token.map_or_else(|| url.to_owned(), |token| format!("{url}/#token={token}"))
}

fn open_browser(url: &str) {
    if let Err(error) = open::that_detached(url) {
        eprintln!("warning: no browser could be opened: {error}");
    }
}

/// Waits for Ctrl-C or, where there is one, SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the system ends the program, as it would any other.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
