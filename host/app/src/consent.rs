//! What the user should know before a plugin is installed, in plain words, and the question whether to go on.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use anyhow::Result;
use wirebrush_loader::{KeyState, Offer, permissions_in_words};

use crate::exit::WrongUse;

/// What native code may do, for people who do not know the word.
const NATIVE: &str =
    "it is native code: it runs with your rights and can read, change and send away whatever you can";

/// What a component may do.
const SANDBOXED: &str = "it runs in a sandbox: it sees what its nodes are given, no files and no network";

/// What another key means.
const NEW_KEY: &str = "somebody else may have made it: go on only if the publisher says, in a place you know to be theirs, that this \
                       key is new";

/// What installing a plugin means, in a few lines.
pub(crate) fn to_install(offer: &Offer) -> Vec<String> {
    let mut lines = vec![heading(offer)];
    if !offer.description.is_empty() {
        lines.push(shown(&offer.description));
    }
    let said = if offer.publisher.is_empty() { "not named" } else { &offer.publisher };
    lines.push(format!("publisher: {} (signs as `{}`)", shown(said), offer.signs_as));
    lines.push(key(offer));
    if matches!(offer.key, KeyState::Changed { .. }) {
        lines.push(NEW_KEY.to_owned());
    }
    lines.push(if offer.native { NATIVE } else { SANDBOXED }.to_owned());
    if offer.leaves_sandbox {
        lines.push("NEW: the version you have runs in a sandbox, this one does not".to_owned());
    }
    if !offer.permissions.is_empty() {
        lines.push(format!("it asks to {}", permissions_in_words(&offer.permissions)));
    }
    if offer.active.is_some() && !offer.new_permissions.is_empty() {
        lines.push(format!("NEW: it did not ask to {} before", permissions_in_words(&offer.new_permissions)));
    }
    lines.push(format!("nodes: {}", offer.nodes.join(", ")));
    lines
}

/// What approving a plugin as it is means.
pub(crate) fn to_approve(native: bool, permissions: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if native {
        lines.push(NATIVE.to_owned());
    }
    if !permissions.is_empty() {
        lines.push(format!("it asks to {}", permissions_in_words(permissions)));
    }
    lines
}

fn heading(offer: &Offer) -> String {
    let title = if offer.title.is_empty() { String::new() } else { format!(": {}", shown(&offer.title)) };
    let instead = match &offer.active {
        Some(active) if offer.activates => format!(", instead of {active}, which stays at hand"),
        Some(active) => format!(", beside {active}, which stays the active one"),
        None => String::new(),
    };
    let instead =
        if offer.replaces { ", in place of another build of this version".to_owned() } else { instead };
    format!("{} {}{title}{instead}", offer.id, offer.version)
}

fn key(offer: &Offer) -> String {
    let publisher = &offer.signs_as;
    match &offer.key {
        KeyState::Unsigned => "NOT SIGNED: nothing says who made it".to_owned(),
        KeyState::New { key } => {
            format!("signed with {key}, a new key, which is remembered for `{publisher}` from now on")
        }
        KeyState::Known { key } => format!("signed with {key}, the known key of `{publisher}`"),
        KeyState::Changed { key, pinned } => {
            format!(
                "THE KEY HAS CHANGED: signed with {key}, but `{publisher}` is known to sign with {pinned}"
            )
        }
        KeyState::Withheld { pinned } => {
            format!("NOT SIGNED, but `{publisher}` is known to sign with {pinned}")
        }
    }
}

/// Foreign text on one line without control characters: it goes to a terminal.
fn shown(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(500).collect()
}

/// Asks the user; `yes` answers in advance, and without a terminal nothing else can.
///
/// # Errors
/// [`WrongUse`] when there is nobody to ask.
pub(crate) fn agrees(question: &str, yes: bool, json: bool) -> Result<bool> {
    ask(question, "--yes", yes, json)
}

/// Asks the user to agree to a license, as [`agrees`] does.
///
/// # Errors
/// [`WrongUse`] when there is nobody to ask.
pub(crate) fn agrees_to_license(question: &str, accepted: bool, json: bool) -> Result<bool> {
    ask(question, "--accept-license", accepted, json)
}

fn ask(question: &str, option: &str, yes: bool, json: bool) -> Result<bool> {
    if yes {
        return Ok(true);
    }
    if json || !stdin().is_terminal() {
        return Err(WrongUse(format!("{question} Nobody can be asked here: {option} agrees to it")).into());
    }
    eprint!("{question} [y/N] ");
    stderr().flush()?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
