//! Processes: the program's, and those that it starts.

use std::process::Command;

/// Ids of the processes that a process has started and that are still there.
///
/// # Panics
/// When there is no `ps`.
pub fn children(parent: u32) -> Vec<u32> {
    let output =
        Command::new("ps").args(["-A", "-o", "ppid=", "-o", "pid="]).output().expect("there is `ps`");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = text.lines().filter_map(|line| {
        let (parent, child) = line.trim().split_once(char::is_whitespace)?;
        Some((parent.parse::<u32>().ok()?, child.trim().parse().ok()?))
    });
    pairs.filter(|(its, _)| *its == parent).map(|(_, child)| child).collect()
}

/// Whether a process is there, if only its remains.
///
/// # Panics
/// When there is no `kill`.
pub fn is_running(process: u32) -> bool {
    let kill = Command::new("kill").args(["-0", &process.to_string()]).output().expect("there is `kill`");
    kill.status.success()
}

/// Sends a process a signal, for example `KILL`.
///
/// # Panics
/// When there is no such process, or no `kill`.
#[track_caller]
pub fn signal(process: u32, name: &str) {
    let kill =
        Command::new("kill").args(["-s", name, &process.to_string()]).status().expect("there is `kill`");
    assert!(kill.success(), "{name} cannot be sent to {process}");
}
