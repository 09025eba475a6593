//! Plugins that change under a host: the new is loaded, the unchanged goes on, the old lives as long as it is held.

use wirebrush_conformance::{Build, Recorder, Tone};
use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;

fn stumble(registry: &Registry) {
    let inputs = vec![("times".to_owned(), Value::Int(1))];
    registry.run("acme.tone/Stumble", inputs, &Recorder::default()).unwrap_err();
}

#[test]
fn a_changed_plugin_is_loaded_beside_the_old_one() {
    for &build in Build::ALL {
        let installed = Tone::One.install(build);
        let old = installed.registry();
        assert_eq!(Tone::One.say(&old).unwrap(), "one: tea", "{build:?}");

        Tone::Two.replace(&installed, build);
        let new = old.reload(&installed.config());
        assert_eq!(new.plugins()[0].refusal(), None, "{build:?}");
        assert_eq!(Tone::Two.say(&new).unwrap(), "two: tea", "{build:?}");
        assert!(new.definition("acme.tone/Shout").is_none());
        assert_eq!(Tone::One.say(&old).unwrap(), "one: tea", "{build:?}: a run under way goes on");

        Tone::One.replace(&installed, build);
        let back = new.reload(&installed.config());
        assert_eq!(Tone::One.say(&back).unwrap(), "one: tea", "{build:?}");
    }
}

#[test]
fn a_plugin_that_has_not_changed_goes_on_with_all_that_is_known_of_it() {
    for &build in Build::ALL {
        let installed = Tone::Two.install(build);
        let registry = installed.registry();
        (0..3).for_each(|_| stumble(&registry));
        let failing = registry.plugins()[0].failing().expect("it panicked three times in a row");
        assert_eq!(failing.crashes, 3);
        let reason = failing.reasons.last().unwrap();
        assert_eq!(reason, "acme.tone/Stumble: panicked: over my own feet 1", "{build:?}");

        let again = registry.reload(&installed.config());
        assert_eq!(again.plugins()[0].failing(), Some(failing), "{build:?}");
        Tone::One.replace(&installed, build);
        let changed = again.reload(&installed.config());
        assert_eq!(changed.plugins()[0].refusal(), None, "{build:?}");
        assert_eq!(changed.plugins()[0].failing(), None, "{build:?}");
    }
}
