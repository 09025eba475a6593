//! Texts of web servers, kept on disk: asked for again after a while, and sent again only when they have changed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::fetch::{self, Validators};

/// A folder of texts, one file a URL.
#[derive(Debug, Clone)]
pub(super) struct Kept(PathBuf);

/// A text and how it came.
#[derive(Serialize, Deserialize)]
struct Record {
    url: String,
    validators: Validators,
    /// When the server last said that this is it.
    asked: SystemTime,
    text: String,
}

impl Kept {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// What `parse` makes of the text at a URL, which the server said `fresh` ago at most. A text that cannot be parsed
    /// is not kept.
    ///
    /// # Errors
    /// When the server does not answer, sends more than `limit` bytes, or with what `parse` says.
    pub(super) fn read<T>(
        &self,
        url: &str,
        limit: u64,
        fresh: Duration,
        parse: impl Fn(&str) -> Result<T>,
    ) -> Result<T> {
        let path = self.0.join(format!("{}.json", blake3::hash(url.as_bytes()).to_hex()));
        let kept = read(&path).filter(|record| record.url == url);
        // A clock that was set back makes nothing fresh.
        let age = |record: &Record| record.asked.elapsed().unwrap_or(Duration::MAX);
        if let Some(record) = kept.as_ref().filter(|record| age(record) < fresh)
            && let Ok(parsed) = parse(&record.text)
        {
            return Ok(parsed);
        }
        let known = kept.as_ref().map(|record| record.validators.clone()).unwrap_or_default();
        let asked = SystemTime::now();
        let record = match (fetch::text_unless_same(url, limit, &known)?, kept) {
            (None, Some(record)) => Record { asked, ..record },
            (None, None) => anyhow::bail!("{url}: expected a text, found an answer for those who have one"),
            (Some((text, validators)), _) => Record { url: url.to_owned(), validators, asked, text },
        };
        let parsed = parse(&record.text)?;
        // Without it the server is asked each time.
        let _ = write(&path, &record);
        Ok(parsed)
    }
}

fn read(path: &Path) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn write(path: &Path, record: &Record) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(record)?)?;
    file.persist(path)?;
    Ok(())
}
