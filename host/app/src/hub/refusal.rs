//! What it means when a hub says no, and what to do about it.

use ureq::http::HeaderMap;

use super::Hub;
use crate::exit::WrongUse;

/// What the hub calls a refusal: `GatedRepo`, `RepoNotFound`, `EntryNotFound`, `RevisionNotFound`.
pub(super) fn reason(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("X-Error-Code")?.to_str().ok()?.to_owned())
}

/// What a refusal means and what to do about it.
pub(crate) fn refused(
    hub: &Hub,
    repo: &str,
    file: Option<&str>,
    status: u16,
    reason: Option<&str>,
) -> WrongUse {
    let page = hub.page(repo);
    let give = format!(
        "make one at {}/settings/tokens and give it as HF_TOKEN, or with `hf auth login`",
        hub.endpoint
    );
    let what = file.map_or_else(|| repo.to_owned(), |file| format!("{file} of {repo}"));
    WrongUse(match (status, &hub.token) {
        (401 | 403, Some(token)) if status == 403 || reason == Some("GatedRepo") => format!(
            "{what}: this model is given out only to who has agreed to its terms; visit {page}, agree there with the \
             account of your token (from {}), and try again; the token must be allowed to read gated repositories",
            token.from
        ),
        (401, Some(token)) => format!(
            "{what}: the hub does not accept the token from {}, or there is no such repository; {give}",
            token.from
        ),
        (401 | 403, None) => format!(
            "{what}: this model is given out only to who has agreed to its terms, or does not exist; visit {page}, log in \
             and agree; then the hub must know you by a token: {give}"
        ),
        (404, _) => match (reason, file) {
            (Some("RepoNotFound"), _) | (_, None) => {
                format!("{repo}: there is no such repository at {}", hub.endpoint)
            }
            _ => format!("{what}: there is no such file; {page}/tree/main lists them"),
        },
        (429 | 500.., _) => format!("{what}: the hub is busy (HTTP {status}): try again later"),
        _ => format!("{what}: the hub answered HTTP {status}"),
    })
}
