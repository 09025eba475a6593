//! Tells the loader for which target it is built: native plugins name theirs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").expect("cargo sets TARGET for build scripts");
    println!("cargo::rustc-env=WIREBRUSH_TARGET={target}");
}
