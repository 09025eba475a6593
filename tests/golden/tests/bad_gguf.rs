//! GGUF files that are not what they say: each is refused in a sentence that names it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wirebrush_golden_tests::bad::{check_refused, cuts};
use wirebrush_kontext::weights::{Part, Weights};

const F32: u32 = 0;
const TEXT: u32 = 8;
const LIST: u32 = 9;

/// A file that is written as it is told to, and where its pieces begin and end.
struct Gguf {
    bytes: Vec<u8>,
    borders: Vec<usize>,
}

impl Gguf {
    fn new(version: u32, tensors: u64, keys: u64) -> Self {
        let mut file = Self { bytes: b"GGUF".to_vec(), borders: vec![4] };
        file.push(version.to_le_bytes()).push(tensors.to_le_bytes()).push(keys.to_le_bytes());
        file
    }

    fn push(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.bytes.extend_from_slice(bytes.as_ref());
        self.borders.push(self.bytes.len());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.push((text.len() as u64).to_le_bytes()).push(text)
    }

    fn fact(&mut self, key: &str, value: &str) -> &mut Self {
        self.text(key).push(TEXT.to_le_bytes()).text(value)
    }

    /// A tensor whose dimensions are written in this order.
    fn tensor(&mut self, name: &str, dims: &[u64], kind: u32, offset: u64) -> &mut Self {
        self.text(name).push((dims.len() as u32).to_le_bytes());
        for dim in dims {
            self.push(dim.to_le_bytes());
        }
        self.push(kind.to_le_bytes()).push(offset.to_le_bytes())
    }

    fn data(&mut self, bytes: usize) -> &mut Self {
        let start = self.bytes.len().next_multiple_of(32);
        self.bytes.resize(start, 0);
        self.borders.push(start);
        self.bytes.resize(start + bytes, 0);
        self
    }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("bad.gguf");
        fs::write(&path, bytes).unwrap();
        path
    }

    #[track_caller]
    fn check_refused(&self, file: &Gguf, parts: &[&str]) {
        check_refused(&self.write(&file.bytes), parts, |path| Weights::open(path));
    }
}

/// Two tensors with some bytes between them.
fn good() -> Gguf {
    let mut file = Gguf::new(3, 2, 2);
    file.fact("general.architecture", "flux").fact("general.name", "good");
    file.tensor("double_blocks.0.a", &[8, 4], F32, 0).tensor("double_blocks.0.b", &[5], F32, 160).data(180);
    file
}

#[test]
fn a_file_cut_at_any_place_that_matters_is_refused() {
    let (folder, file) = (Folder::new(), good());
    let weights = Weights::open(folder.write(&file.bytes)).unwrap();
    assert_eq!(weights.shape("double_blocks.0.a").unwrap(), [4, 8]);
    let data = *file.borders.last().unwrap();
    let places = file.borders.iter().copied().chain([data + 128, data + 160, file.bytes.len()]);
    for length in cuts(places, file.bytes.len()) {
        let part = Gguf { bytes: file.bytes[..length].to_vec(), borders: Vec::new() };
        folder.check_refused(&part, &[]);
    }
}

#[test]
fn counts_and_lengths_that_lie_are_refused_before_anything_is_allocated() {
    let folder = Folder::new();
    let (one, many) = (1_u64.to_le_bytes(), u64::MAX.to_le_bytes());
    for (mut file, expected) in [
        (Gguf::new(3, u64::MAX, 0), "more than any model has"),
        (Gguf::new(3, 1, u64::MAX), "more than any model has"),
        (Gguf::new(3, 0, 0), "holds no tensors"),
        (Gguf::new(1, 1, 0), "version 1"),
        (Gguf::new(4, 1, 0), "version 4"),
        (Gguf::new(3_u32.swap_bytes(), 1, 0), "big-endian"),
    ] {
        folder.check_refused(file.data(1000), &[expected]);
    }
    for (key, expected) in [
        (&[&many[..]][..], "claims 18446744073709551615 bytes"),
        (&[&one, b"k", &99_u32.to_le_bytes()], "type 99"),
        (&[&one, b"k", &TEXT.to_le_bytes(), &many], "cut short"),
        (&[&one, &[0xFF]], "not text"),
    ] {
        let mut file = Gguf::new(3, 1, 1);
        file.push(key.concat());
        folder.check_refused(file.data(1000), &[expected]);
    }
    for (kind, expected) in [(TEXT, "cut short"), (LIST, "type 9"), (10, "beyond any file"), (0, "cut short")]
    {
        let mut file = Gguf::new(3, 1, 1);
        file.text("key").push(LIST.to_le_bytes()).push(kind.to_le_bytes()).push(many);
        folder.check_refused(file.data(1000), &[expected]);
    }
}

#[test]
fn tensors_that_cannot_be_are_refused_by_name() {
    let folder = Folder::new();
    let one = |dims: &[u64], kind: u32, offset: u64| {
        let mut file = Gguf::new(3, 1, 0);
        file.tensor("one", dims, kind, offset).data(1000);
        file
    };
    for (file, expected) in [
        (one(&[1; 9], F32, 0), "9 dimensions"),
        (one(&[u64::MAX, 2], F32, 0), "whose rows"),
        (one(&[1 << 32, 1 << 32], F32, 0), "whose rows"),
        (one(&[1 << 61], F32, 0), "cut short"),
        (one(&[1 << 62], F32, 0), "whose rows"),
        (one(&[255, 2], 12, 0), "no whole Q4_K blocks of 256"),
        (one(&[8], 4, 0), "ggml type 4, which is unknown"),
        (one(&[8], u32::MAX, 0), "which is unknown"),
        (one(&[8], F32, 1), "no multiple of 32"),
        (one(&[8], F32, u64::MAX - 31), "beyond any file"),
        (one(&[8], F32, 992), "cut short: tensor `one` ends at"),
    ] {
        folder.check_refused(&file, &["one", expected]);
    }
}

#[test]
fn what_is_there_twice_or_in_the_same_place_is_refused() {
    let folder = Folder::new();
    let two = |first: (&str, u64), second: (&str, u64)| {
        let mut file = Gguf::new(3, 2, 0);
        file.tensor(first.0, &[32], F32, first.1).tensor(second.0, &[32], F32, second.1).data(1000);
        file
    };
    folder.check_refused(&two(("a", 0), ("a", 128)), &["holds tensor `a` twice"]);
    folder.check_refused(&two(("a", 0), ("b", 0)), &["`a` and `b` the same bytes"]);
    folder.check_refused(&two(("a", 96), ("b", 0)), &["`b` and `a` the same bytes"]);
    let mut keys = Gguf::new(3, 1, 2);
    keys.fact("general.architecture", "flux").fact("general.architecture", "sdxl");
    folder
        .check_refused(keys.tensor("a", &[8], F32, 0).data(32), &["holds key `general.architecture` twice"]);
    // Other programs leave room between tensors.
    assert!(Weights::open(folder.write(&two(("a", 0), ("b", 512)).bytes)).is_ok());
}

#[test]
fn keys_that_decide_how_a_file_is_read_are_checked() {
    let folder = Folder::new();
    for alignment in [0_u64, 3, 1 << 40] {
        let mut file = Gguf::new(3, 1, 1);
        file.text("general.alignment").push(10_u32.to_le_bytes()).push(alignment.to_le_bytes());
        folder
            .check_refused(file.tensor("a", &[8], F32, 0).data(1000), &["general.alignment", "power of two"]);
    }
    let mut other = Gguf::new(3, 1, 1);
    other.fact("general.architecture", "llama").tensor("blk.0.attn_q.weight", &[8], F32, 0).data(32);
    folder.check_refused(&other, &["architecture `llama`", "FLUX.1 Kontext"]);
    let mut split = Gguf::new(3, 1, 2);
    split.fact("general.architecture", "flux").text("split.count").push(2_u32.to_le_bytes());
    split.push(3_u16.to_le_bytes()).tensor("double_blocks.0.a", &[8], F32, 0).data(32);
    folder.check_refused(&split, &["one of 3 files", "llama-gguf-split --merge"]);
}

#[test]
fn an_ending_does_not_decide_what_a_file_is() {
    let folder = Folder::new();
    let path = folder.0.path().join("flux.safetensors");
    fs::write(&path, good().bytes).unwrap();
    assert_eq!(Weights::open(&path).unwrap().format(), "GGUF");
    let path = folder.0.path().join("flux.gguf");
    wirebrush_golden_tests::write(&path, &[wirebrush_golden_tests::weight("double_blocks.0.a", &[4, 8])]);
    assert_eq!(Weights::open(&path).unwrap().format(), "safetensors");
}

/// Encodings that no model is read in, by what they are called.
#[test]
fn types_that_are_not_read_are_refused_by_name() {
    let folder = Folder::new();
    let mut file = Gguf::new(3, 1, 1);
    file.fact("general.architecture", "flux").tensor("double_blocks.0.a", &[256, 4], 23, 0).data(4 * 136);
    check_refused(&folder.write(&file.bytes), &["IQ4_XS"], |path: &Path| {
        Weights::open(path).and_then(|weights| weights.part(Part::Transformer)?.get_any("double_blocks.0.a"))
    });
}
