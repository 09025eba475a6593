//! What a component may ask for.

use wasmtime::component::Component;

/// What Rust's standard library imports in every component, answered inertly, and our own interfaces.
const ALLOWED: &[&str] = &[
    "wirebrush:node/types",
    "wirebrush:node/host",
    "wirebrush:node/storage",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    // Asked for by every hash map; a constant is as good, and keeps results the same from run to run.
    "wasi:random/insecure-seed",
];

const NODE: &str = "wirebrush:node/node";

/// Passes when all imports are allowed and our interface is exported.
///
/// # Errors
/// The names of the imports that are not, in one line; or what is missing.
pub(super) fn check(component: &Component) -> Result<(), String> {
    let kind = component.component_type();
    let engine = component.engine();
    let names = kind.imports(engine).map(|(name, _)| name);
    let refused: Vec<&str> = names.filter(|name| !ALLOWED.contains(&interface(name))).collect();
    if !refused.is_empty() {
        return Err(format!("imports what components may not use: {}", by_package(&refused)));
    }
    let mut exports = kind.exports(engine).filter(|(name, _)| interface(name) == NODE);
    match exports.next() {
        Some((name, _)) if version(name).starts_with("1.") => Ok(()),
        Some((name, _)) => Err(format!("expected `{NODE}@1`, found `{name}`: built for another Wirebrush")),
        None => Err(format!("exports no `{NODE}`: not a component of Wirebrush")),
    }
}

/// `wasi:sockets/tcp@0.2.6` and `wasi:sockets/udp@0.2.6` as `wasi:sockets@0.2.6 (tcp, udp)`: a standard library asks
/// for dozens at once.
fn by_package(names: &[&str]) -> String {
    let mut packages: Vec<(String, Vec<&str>)> = Vec::new();
    for name in names {
        let Some((package, item)) = interface(name).split_once('/') else {
            packages.push(((*name).to_owned(), Vec::new()));
            continue;
        };
        let package = match version(name) {
            "" => package.to_owned(),
            version => format!("{package}@{version}"),
        };
        match packages.iter_mut().find(|(known, _)| *known == package) {
            Some((_, items)) => items.push(item),
            None => packages.push((package, vec![item])),
        }
    }
    let texts = packages.iter().map(|(package, items)| match items.as_slice() {
        [] => package.clone(),
        items => format!("{package} ({})", items.join(", ")),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn interface(name: &str) -> &str {
    name.split_once('@').map_or(name, |(interface, _)| interface)
}

fn version(name: &str) -> &str {
    name.split_once('@').map_or("", |(_, version)| version)
}
