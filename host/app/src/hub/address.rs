//! What the user writes for a model of the hub: `OWNER/REPO`, `OWNER/REPO/FILE`, or the address of its page.

use crate::file_name;

/// A repository, or one file of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// `OWNER/REPO`.
    pub(crate) repo: String,
    pub(crate) file: Option<String>,
    /// The branch, tag or commit that the address of a page names.
    pub(crate) revision: Option<String>,
}

impl Address {
    /// Reads what the user wrote; `None` for a single word.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str, endpoint: &str) -> Result<Option<Self>, String> {
        let bases = [endpoint, "https://huggingface.co", "https://hf.co"];
        let page = bases.into_iter().find_map(|base| text.strip_prefix(base)?.strip_prefix('/'));
        if page.is_none() && text.contains("://") {
            return Err(format!("expected a page of {endpoint}, found `{text}`"));
        }
        let path = page.map_or(text, |page| page.split(['?', '#']).next().unwrap_or_default());
        let words: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        if words.len() == 1 && page.is_none() {
            return Ok(None);
        }
        words.iter().try_for_each(|word| file_name::check(word))?;
        let [owner, repo, inner @ ..] = words.as_slice() else {
            return Err(format!("expected OWNER/REPO, found `{path}`"));
        };
        let (revision, file) = match inner {
            ["tree" | "blob" | "resolve", revision, file @ ..] if page.is_some() => (Some(*revision), file),
            file => (None, file),
        };
        Ok(Some(Self {
            repo: format!("{owner}/{repo}"),
            file: (!file.is_empty()).then(|| file.join("/")),
            revision: revision.map(str::to_owned),
        }))
    }

    /// As `wirebrush model pull` takes it.
    pub(crate) fn words(&self) -> String {
        self.file.as_ref().map_or_else(|| self.repo.clone(), |file| format!("{}/{file}", self.repo))
    }
}

/// Whether a text from outside can be shown as what to write behind `wirebrush model pull`: people copy that into a shell.
pub(crate) fn is_plain(text: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-._/".contains(it);
    text.len() <= 200
        && !text.starts_with('-')
        && text.chars().all(plain)
        && text.split('/').all(|word| file_name::check(word).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "https://huggingface.co";

    #[track_caller]
    fn check(text: &str, words: &str, revision: Option<&str>) {
        let address = Address::parse(text, HUB).unwrap().unwrap();
        assert_eq!((address.words().as_str(), address.revision.as_deref()), (words, revision), "{text}");
    }

    #[test]
    fn a_page_is_as_good_as_its_words() {
        check("acme/model", "acme/model", None);
        check("acme/model/vae/ae.sft", "acme/model/vae/ae.sft", None);
        check("https://huggingface.co/acme/model", "acme/model", None);
        check("https://huggingface.co/acme/model/tree/main", "acme/model", Some("main"));
        check("https://huggingface.co/acme/model/blob/v2/vae/ae.sft", "acme/model/vae/ae.sft", Some("v2"));
        check(
            "https://hf.co/acme/model/resolve/main/a.gguf?download=true",
            "acme/model/a.gguf",
            Some("main"),
        );
    }

    #[test]
    fn a_word_is_no_address_and_what_leads_elsewhere_is_refused() {
        assert_eq!(Address::parse("kontext-dev", HUB), Ok(None));
        for wrong in [
            "../model",
            "acme/..",
            "acme/model/../../x",
            "/etc/passwd",
            "a//b",
            "https://evil.example/a/b",
            HUB,
        ] {
            assert!(Address::parse(wrong, HUB).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_plain_words_are_shown_as_a_command() {
        assert!(is_plain("acme/model/w-Q4_0.gguf") && is_plain("kontext-dev-q4"));
        for wrong in ["", "a; rm -rf ~", "$(a)", "a b", "-rf", "a/../b", "a\nb"] {
            assert!(!is_plain(wrong), "{wrong}");
        }
    }
}
