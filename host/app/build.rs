//! Builds the program again when the editor inside it was built again.

fn main() {
    println!("cargo::rerun-if-changed=../editor/dist");
    println!("cargo::rerun-if-changed=../../examples");
    println!("cargo::rerun-if-changed=../../plugin-sdk/templates");
    println!("cargo::rerun-if-changed=../../plugin-sdk/wit");
    println!("cargo::rerun-if-changed=src/store/migrations");
}
