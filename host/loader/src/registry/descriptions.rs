//! What plugins said they are, kept on disk by hash, so that a start opens none of them.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use wirebrush_schema::Description;

use crate::lock::write_whole;

/// The folder of kept descriptions.
pub(super) struct Descriptions {
    folder: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    stamp: Stamp,
    description: Description,
}

/// What changes when a file does. Hashing a plugin of 100 MB takes a tenth of a second, looking at its stamp nothing.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    path: PathBuf,
    size: u64,
    modified_ns: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let data = std::fs::metadata(path).ok()?;
        let modified = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let modified_ns = u64::try_from(modified.as_nanos()).ok()?;
        Some(Self { path: path.to_owned(), size: data.len(), modified_ns })
    }
}

impl Descriptions {
    pub(super) fn new(cache_dir: Option<&Path>) -> Self {
        Self { folder: cache_dir.map(|folder| folder.join("descriptions")) }
    }

    /// The description of a file that had this hash and looks untouched since. The hash is checked anew before the
    /// file is opened.
    pub(super) fn get(&self, artifact: &Path, sha256: &str) -> Option<Description> {
        let text = std::fs::read(self.file(sha256)?).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (Some(kept.stamp) == Stamp::of(artifact)).then_some(kept.description)
    }

    /// Keeps a description. A cache that cannot be written is no cache.
    pub(super) fn put(&self, artifact: &Path, sha256: &str, description: &Description) {
        if self.get(artifact, sha256).as_ref() == Some(description) {
            return;
        }
        if let (Some(file), Some(stamp)) = (self.file(sha256), Stamp::of(artifact)) {
            let kept = Kept { stamp, description: description.clone() };
            let text = serde_json::to_vec(&kept).expect("plain data with string keys");
            let _ = write_whole(&file, &text);
        }
    }

    fn file(&self, sha256: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{sha256}.json")))
    }
}
