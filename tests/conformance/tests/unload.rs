//! Components are really gone when nobody uses them any more. One test: it counts what its process has mapped.
#![cfg(target_os = "linux")]

use wirebrush_conformance::{Build, Tone};

/// Pieces of machine code that belong to no file: that of loaded components.
fn compiled_code() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(" r-xp ") && line.split_whitespace().count() == 5).count()
}

#[test]
fn the_code_of_a_replaced_component_is_gone_with_its_last_user() {
    let installed = Tone::One.install(Build::Component);
    let mut registry = installed.registry();
    Tone::One.say(&registry).unwrap();
    let one_loaded = compiled_code();
    assert!(one_loaded > 0, "a loaded component has code");
    for round in 0..6 {
        Tone::Two.replace(&installed, Build::Component);
        let two = registry.reload(&installed.config());
        Tone::Two.say(&two).unwrap();
        assert!(compiled_code() > one_loaded, "both are held");
        Tone::One.replace(&installed, Build::Component);
        registry = two.reload(&installed.config());
        drop(two);
        Tone::One.say(&registry).unwrap();
        assert_eq!(compiled_code(), one_loaded, "round {round}");
    }
}
