//! The process in which a node is exercised, seen from outside: it may die or hang.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirebrush_check::{Finding, Level, Report};
use wirebrush_loader::probe::violent_end;

/// A line that the child writes. Nodes may print too: other lines are theirs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// What is about to be run.
    Begin(String),
    /// Everything is done.
    Report(Report),
}

/// How each [`Line`] starts.
pub(super) const START: &str = "wirebrush-check: ";

/// What a child shall do.
pub(super) struct Child<'a> {
    /// The plugin's folder.
    pub(super) folder: &'a Path,
    /// The node.
    pub(super) node: &'a str,
    /// Where random inputs begin.
    pub(super) seed: u64,
    /// Random inputs.
    pub(super) cases: u32,
    /// Whether to count instructions.
    pub(super) count: bool,
}

impl Child<'_> {
    /// Has a node exercised; each run of it may take `timeout`.
    pub(super) fn run(&self, timeout: Duration) -> Report {
        let lost = |rule: &str, what: String| {
            let advice = "reproduce it with the same --seed and --cases";
            let finding = Finding::new(Level::Error, rule, what).node(self.node).advice(advice);
            Report { findings: vec![finding], ..Report::default() }
        };
        let program = std::env::current_exe().unwrap_or_else(|_| "wirebrush".into());
        let child = Command::new(program)
            .args(["plugin", "check-node"])
            .arg(self.folder)
            .args([self.node, &self.seed.to_string(), &self.cases.to_string()])
            .args(self.count.then_some("--count"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => return lost("not-run", format!("cannot start a process for it: {error}")),
        };
        let (sender, lines) = channel();
        let output = child.stdout.take();
        thread::spawn(move || {
            let output = output.into_iter().flat_map(|output| BufReader::new(output).split(b'\n'));
            for line in output.map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let line = line.split_once(START).and_then(|(_, json)| serde_json::from_str(json).ok());
                if line.is_some_and(|line| sender.send(line).is_err()) {
                    break;
                }
            }
        });
        let mut case = "before the first run".to_owned();
        loop {
            match lines.recv_timeout(timeout) {
                Ok(Line::Begin(next)) => case = next,
                Ok(Line::Report(report)) => {
                    let _ = child.wait();
                    return report;
                }
                Err(RecvTimeoutError::Timeout) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return lost("hang", format!("did not end within {} s ({case})", timeout.as_secs()));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = child.wait();
                    let how = status.as_ref().ok().copied().and_then(violent_end);
                    let how = how.or_else(|| status.ok().map(|status| status.to_string()));
                    let how = how.unwrap_or_else(|| "an unknown status".to_owned());
                    return lost("died", format!("ended its process with {how} ({case})"));
                }
            }
        }
    }
}
