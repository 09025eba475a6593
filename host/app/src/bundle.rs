//! `.wirebrush` files: a graph with the pictures it uses, to open elsewhere with one drop.
//!
//! A bundle is a ZIP archive of `graph.json`, `lock.json` (plugins and models the graph was made with) and
//! `assets/HASH` for each file that the graph names as `asset:HASH/name`. It may come from anybody: nothing but these
//! names is unpacked, contents must have the hash they are named by, and sizes are limited before they are believed.

use std::io::{Read, Seek, Write};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::reference::parse_hash;
use crate::store::blobs::{Blobs, NewBlob};

/// What every ZIP archive begins with.
pub(crate) const SIGNATURE: &[u8] = b"PK\x03\x04";

const GRAPH: &str = "graph.json";
const LOCK: &str = "lock.json";
const ASSETS: &str = "assets/";

/// Bytes of the graph.
const MAX_GRAPH: u64 = 4 << 20;
/// Bytes of all assets together, unpacked.
pub(crate) const MAX_ASSETS: u64 = 256 << 20;
const MAX_ENTRIES: u16 = 1000;

/// Why a file is no bundle.
#[derive(Debug, thiserror::Error)]
#[error("bundle: {0}")]
pub(crate) struct BadBundle(String);

fn bad<T>(why: impl std::fmt::Display) -> Result<T> {
    Err(BadBundle(why.to_string()).into())
}

/// Writes a bundle; equal contents give equal bytes.
///
/// # Errors
/// When an asset is not there, or `out` fails.
pub(crate) fn write(
    out: impl Write + Seek,
    graph: &str,
    lock: &str,
    assets: &[blake3::Hash],
    blobs: &Blobs,
) -> Result<()> {
    let mut zip = ZipWriter::new(out);
    let texts = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in [(GRAPH, graph), (LOCK, lock)] {
        zip.start_file(name, texts)?;
        zip.write_all(text.as_bytes())?;
    }
    // Pictures are compressed already.
    let files = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for hash in assets {
        let hex = hash.to_hex();
        let mut file = blobs.open(hash)?.with_context(|| format!("asset {hex} is not there"))?;
        zip.start_file(format!("{ASSETS}{hex}"), files)?;
        std::io::copy(&mut file, &mut zip)?;
    }
    zip.finish()?;
    Ok(())
}

/// Reads a bundle: gives the graph's text and hands over each asset, its contents checked against its name.
///
/// # Errors
/// [`BadBundle`] when it is none, or breaks a limit; what `keep` fails with.
pub(crate) fn read(
    mut input: impl Read + Seek,
    blobs: &Blobs,
    keep: &mut dyn FnMut(NewBlob) -> Result<()>,
) -> Result<String> {
    wirebrush_package::check_end(&mut input, MAX_ENTRIES).or_else(bad)?;
    let mut archive = ZipArchive::new(input).or_else(|error| bad(format_args!("no ZIP archive: {error}")))?;
    let mut text = None;
    let mut left = MAX_ASSETS;
    for index in 0..archive.len() {
        let mut entry =
            archive.by_index(index).or_else(|error| bad(format_args!("entry {index}: {error}")))?;
        let name = entry.name().or_else(|error| bad(format_args!("entry {index}: {error}")))?.into_owned();
        match name.as_str() {
            // What the lock says is for people; the graph itself says what it needs.
            LOCK | ASSETS => {}
            GRAPH => text = Some(read_graph(&mut entry)?),
            _ => {
                let Some(hash) = name.strip_prefix(ASSETS).and_then(parse_hash) else {
                    return bad(format_args!(
                        "expected graph.json, lock.json and assets/HASH, found `{}`",
                        name.escape_debug()
                    ));
                };
                let blob = unpack(&mut entry, &name, &mut left, blobs)?;
                if blob.hash() != hash {
                    return bad(format_args!("the contents of {name} have another hash"));
                }
                keep(blob)?;
            }
        }
    }
    match text {
        Some(text) => Ok(text),
        None => bad("it has no graph.json"),
    }
}

fn read_graph(entry: &mut impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    if let Err(error) = entry.take(MAX_GRAPH + 1).read_to_end(&mut bytes) {
        return bad(format_args!("{GRAPH}: {error}"));
    }
    if bytes.len() as u64 > MAX_GRAPH {
        return bad(format_args!("{GRAPH} has more than {} MiB", MAX_GRAPH >> 20));
    }
    String::from_utf8(bytes).or_else(|_| bad(format_args!("{GRAPH}: expected UTF-8")))
}

/// Unpacks one asset, counting what really comes: what the archive says of sizes may be a lie.
fn unpack(entry: &mut impl Read, name: &str, left: &mut u64, blobs: &Blobs) -> Result<NewBlob> {
    let mut blob = blobs.begin()?;
    let mut piece = vec![0; 64 << 10];
    loop {
        let len = match entry.read(&mut piece) {
            Ok(0) => return Ok(blob),
            Ok(len) => len,
            Err(error) => return bad(format_args!("{name}: {error}")),
        };
        let Some(rest) = left.checked_sub(len as u64) else {
            return bad(format_args!("its assets have more than {} MiB", MAX_ASSETS >> 20));
        };
        *left = rest;
        blob.write(&piece[..len])?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("assets"));
        (folder, blobs)
    }

    fn add(blobs: &Blobs, contents: &[u8]) -> blake3::Hash {
        let mut new = blobs.begin().unwrap();
        new.write(contents).unwrap();
        new.finish().unwrap().hash
    }

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, contents) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(contents).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8]) -> String {
        let (_folder, blobs) = blobs();
        let error = read(Cursor::new(bytes), &blobs, &mut |_| Ok(())).unwrap_err();
        assert!(error.is::<BadBundle>(), "{error:#}");
        error.to_string()
    }

    #[test]
    fn a_bundle_comes_back_with_its_assets() {
        let (_here, from) = blobs();
        let hashes = [add(&from, b"cup"), add(&from, &[7; 100_000])];
        let mut file = Cursor::new(Vec::new());
        write(&mut file, "{\"graph\":1}", "{}", &hashes, &from).unwrap();
        let mut again = Cursor::new(Vec::new());
        write(&mut again, "{\"graph\":1}", "{}", &hashes, &from).unwrap();
        assert_eq!(file, again, "equal contents give equal bytes");

        let (_there, to) = blobs();
        let mut found = Vec::new();
        let text = read(file, &to, &mut |blob| {
            found.push(blob.finish()?.hash);
            Ok(())
        });
        assert_eq!(text.unwrap(), "{\"graph\":1}");
        assert_eq!(found, hashes);
        assert!(to.open(&hashes[0]).unwrap().is_some());
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../evil", "/etc/passwd", "assets/../evil", "assets/CON", "graph.json/", "extra.txt"] {
            let message = refusal(&archive(&[("graph.json", b"{}"), (name, b"evil")]));
            assert!(message.contains("found `"), "{name}: {message}");
        }
    }

    #[test]
    fn contents_under_a_wrong_hash_are_refused() {
        let name = format!("assets/{}", blake3::hash(b"good").to_hex());
        assert!(refusal(&archive(&[("graph.json", b"{}"), (&name, b"evil")])).contains("another hash"));
    }

    #[test]
    fn archives_that_unpack_to_too_much_are_refused() {
        let large = vec![b' '; (MAX_GRAPH + 1) as usize];
        assert!(refusal(&archive(&[("graph.json", &large)])).contains("more than 4 MiB"));
        let names: Vec<_> = (0..=MAX_ENTRIES).map(|number| format!("{number}")).collect();
        let entries: Vec<_> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert!(refusal(&archive(&entries)).contains("more than 1000 entries"));
    }

    #[test]
    fn what_is_no_whole_bundle_is_refused() {
        let whole = archive(&[("graph.json", b"{}"), ("lock.json", b"{}")]);
        for len in 0..whole.len() {
            refusal(&whole[..len]);
        }
        assert!(refusal(&archive(&[("lock.json", b"{}")])).contains("no graph.json"));
    }
}
