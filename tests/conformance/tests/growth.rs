//! The promise that old plugins load: what was released stays, new things come behind it.

use std::fs;
use std::path::{Path, PathBuf};

use wirebrush_conformance::{Layout, broken, layout, read_layout, wit_layout, write_layout};

fn released(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/released/1.0").join(file)
}

#[test]
fn the_native_interface_has_only_grown_since_1_0() {
    let path = released("abi.txt");
    let then = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let broken = broken(&read_layout(&then), &layout());
    let now = write_layout(&layout());
    assert!(broken.is_empty(), "{}\nThe interface is now:\n{now}", broken.join("\n"));
}

#[test]
fn a_layout_is_the_same_when_it_is_read_again() {
    let now = layout();
    assert!(now.len() > 10, "{now:#?}");
    assert_eq!(read_layout(&write_layout(&now)), now);
}

#[test]
fn a_change_of_the_native_interface_is_noticed_unless_it_appends() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Layout), expected: &[&str]) {
        let then = layout();
        let mut now = then.clone();
        change(&mut now);
        assert_eq!(broken(&then, &now), expected);
    }
    check(|now| now.get_mut("prefix Module").unwrap().push("later: more: fn()".to_owned()), &[]);
    check(|now| drop(now.insert("struct New".to_owned(), Vec::new())), &[]);
    check(
        |now| now.get_mut("enum Sample").unwrap().push("F64".to_owned()),
        &["`enum Sample` has grown by `F64`"],
    );
    check(
        |now| now.get_mut("enum Sample").unwrap().swap(0, 1),
        &["`enum Sample`: expected `U8`, found `U16`", "`enum Sample`: expected `U16`, found `U8`"],
    );
    check(|now| drop(now.remove("enum LogLevel")), &["`enum LogLevel` is gone"]);
    check(|now| drop(now.get_mut("enum Sample").unwrap().pop()), &["`enum Sample`: `F32` is gone"]);
}

#[test]
fn the_wit_package_has_only_grown_since_1_0() {
    let now = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-sdk/wit");
    let broken = broken(&wit_layout(&released("wit")), &wit_layout(&now));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_change_of_the_wit_package_is_noticed_unless_it_adds() {
    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        let temp = tempfile::tempdir().unwrap();
        let mut found = false;
        for entry in fs::read_dir(released("wit")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            found |= text.contains(from);
            fs::write(temp.path().join(path.file_name().unwrap()), text.replace(from, to)).unwrap();
        }
        assert!(found, "`{from}` is nowhere");
        assert_eq!(broken(&wit_layout(&released("wit")), &wit_layout(temp.path())), expected);
    }
    check("is-cancelled: func() -> bool;", "is-cancelled: func() -> bool;\n  more: func();", &[]);
    check(
        "  f16,",
        "  f8,\n  f16,",
        &[
            "`enum host.sample`: expected `f16`, found `f8`",
            "`enum host.sample`: expected `f32`, found `f16`",
            "`enum host.sample` has grown by `f32`",
        ],
    );
    check(
        "is-cancelled: func() -> bool;",
        "is-cancelled: func() -> u8;",
        &["`freestanding host.is-cancelled`: expected `() -> bool`, found `() -> u8`"],
    );
    check("  is-cancelled: func() -> bool;", "", &["`freestanding host.is-cancelled` is gone"]);
    // An old component has no such function, and a host asks for all of them when it opens one.
    check(
        "describe: func() -> string;",
        "describe: func() -> string;\n  more: func();",
        &[
            "`export plugin.node`: expected `run`, found `more`",
            "`export plugin.node`: expected `restore`, found `run`",
            "`export plugin.node` has grown by `restore`",
        ],
    );
}
