//! How much memory this process takes, where the system tells: Linux, proc(5).

use std::fs;

/// Most resident memory since [`mark`], in bytes.
pub fn peak() -> Option<u64> {
    status("VmHWM:")
}

/// Forgets what was needed so far; resident memory now, in bytes.
pub fn mark() -> Option<u64> {
    // 5 sets the high-water mark back to what is in use now.
    fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS:")
}

/// A line of `/proc/self/status` in bytes.
fn status(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
