//! Which of the permissions that a plugin asks for it has.

use wirebrush_schema::{Manifest, Permission};

use super::PluginState;
use crate::Lock;

/// The permissions of a plugin. Notes in `state` what the user should know of them.
///
/// A plugin that came with the program, or lies in a folder the user named, has what it asks for; an installed one
/// what the user granted according to the lock, nothing when that cannot be read.
pub(super) fn granted(manifest: &Manifest, lock: Option<&Lock>, state: &mut PluginState) -> Vec<String> {
    if !state.installed {
        if !state.bundled && !manifest.permissions.is_empty() {
            state.notices.push(format!("may {}", in_words(&manifest.permissions)));
        }
        return manifest.permissions.clone();
    }
    let is_granted = |permission: &&String| lock.is_some_and(|lock| lock.grants(&manifest.id, permission));
    let (granted, missing): (Vec<&String>, Vec<&String>) = manifest.permissions.iter().partition(is_granted);
    if !missing.is_empty() {
        let words = in_words(&missing.into_iter().cloned().collect::<Vec<_>>());
        state
            .notices
            .push(format!("may not {words}: run `wirebrush plugin approve {}` to allow it", manifest.id));
    }
    granted.into_iter().cloned().collect()
}

/// What permissions let a plugin do, in words of a user, after "may".
pub fn in_words(permissions: &[String]) -> String {
    let words = permissions.iter().map(|permission| match permission.as_str() {
        Permission::DATA => "read the data folder it brought along",
        Permission::SCRATCH => "keep files in a scratch folder of its own",
        other => other,
    });
    words.collect::<Vec<_>>().join(" and ")
}
