//! Text inside PNG files: a saved picture carries its graph in an `iTXt` chunk.
//!
//! Pure functions over bytes; pixels are never touched. Entry points: [`embed_text`] and [`extract_text`].
//!
//! Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", sections 5.3 and 11.3.3.4.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result, bail, ensure};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

// Short texts stay readable in any hex viewer; a graph with pasted prompts shrinks to a fifth.
const COMPRESS_ABOVE: usize = 2048;

// A graph of a thousand nodes is under 1 MiB; what claims to be more is a decompression bomb.
const MAX_TEXT: u64 = 64 << 20;

/// The file with `text` under `keyword`, before the pixels; an earlier text of that keyword is gone.
///
/// The text is compressed above 2 KiB. Cost: one copy of the file.
///
/// # Errors
/// When the file is not a whole PNG, or the keyword is not 1 to 79 printable ASCII characters.
pub(crate) fn embed_text(png: &[u8], keyword: &str, text: &str) -> Result<Vec<u8>> {
    check_keyword(keyword)?;
    let data = write_itxt(keyword, text)?;
    let mut out = Vec::with_capacity(png.len() + data.len() + 12);
    out.extend_from_slice(SIGNATURE);
    let mut placed = false;
    let mut chunks = Chunks::new(png)?;
    while let Some(chunk) = chunks.next()? {
        if chunk.kind == *b"iTXt" && keyword_of(chunk.data) == Some(keyword.as_bytes()) {
            continue;
        }
        if !placed && (chunk.kind == *b"IDAT" || chunk.kind == *b"IEND") {
            put_chunk(&mut out, *b"iTXt", &data)?;
            placed = true;
        }
        out.extend_from_slice(chunk.whole);
    }
    Ok(out)
}

/// The text under `keyword`, if the file carries one; the first when there are several.
///
/// # Errors
/// When the file is not a whole PNG up to there, or the text's chunk is damaged.
pub(crate) fn extract_text(png: &[u8], keyword: &str) -> Result<Option<String>> {
    let mut chunks = Chunks::new(png)?;
    while let Some(chunk) = chunks.next()? {
        if chunk.kind == *b"iTXt" && keyword_of(chunk.data) == Some(keyword.as_bytes()) {
            let whole = chunk.checksum_is_right();
            ensure!(whole, "PNG text `{keyword}`: its checksum is wrong, the file is damaged");
            return read_itxt(chunk.data).with_context(|| format!("PNG text `{keyword}`")).map(Some);
        }
    }
    Ok(None)
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    /// Length, kind, data and checksum.
    whole: &'a [u8],
}

impl Chunk<'_> {
    fn checksum_is_right(&self) -> bool {
        let (covered, checksum) = self.whole[4..].split_at(4 + self.data.len());
        crc32fast::hash(covered).to_be_bytes() == checksum
    }
}

struct Chunks<'a> {
    png: &'a [u8],
    at: usize,
    ended: bool,
}

impl<'a> Chunks<'a> {
    fn new(png: &'a [u8]) -> Result<Self> {
        ensure!(png.starts_with(SIGNATURE), "expected a PNG file, found one that begins otherwise");
        Ok(Self { png, at: SIGNATURE.len(), ended: false })
    }

    /// The next chunk; none behind `IEND`, whatever follows there.
    fn next(&mut self) -> Result<Option<Chunk<'a>>> {
        if self.ended {
            return Ok(None);
        }
        let rest = &self.png[self.at..];
        let Some((header, body)) = rest.split_first_chunk::<8>() else {
            bail!("PNG file: it ends after {} bytes, before its end chunk", self.png.len());
        };
        let [l0, l1, l2, l3, kind @ ..] = *header;
        let len = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        let whole = len.checked_add(12).and_then(|whole| rest.get(..whole));
        let (Some(whole), Some(data)) = (whole, body.get(..len)) else {
            bail!(
                "PNG file: chunk `{}` at byte {} claims {len} bytes, {} are left",
                kind.escape_ascii(),
                self.at,
                body.len()
            );
        };
        self.at += whole.len();
        self.ended = kind == *b"IEND";
        Ok(Some(Chunk { kind, data, whole }))
    }
}

fn check_keyword(keyword: &str) -> Result<()> {
    let printable = keyword.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let trimmed = keyword.trim() == keyword;
    ensure!(
        printable && trimmed && (1..=79).contains(&keyword.len()),
        "PNG keyword `{}`: expected 1 to 79 printable ASCII characters without spaces around them",
        keyword.escape_debug()
    );
    Ok(())
}

fn keyword_of(data: &[u8]) -> Option<&[u8]> {
    data.iter().position(|byte| *byte == 0).map(|end| &data[..end])
}

fn write_itxt(keyword: &str, text: &str) -> Result<Vec<u8>> {
    let compressed = text.len() > COMPRESS_ABOVE;
    let mut data = keyword.as_bytes().to_vec();
    // End of keyword, compression flag, method 0 (zlib), no language, no translated keyword.
    data.extend_from_slice(&[0, u8::from(compressed), 0, 0, 0]);
    if compressed {
        let mut encoder = ZlibEncoder::new(data, Compression::default());
        encoder.write_all(text.as_bytes())?;
        return Ok(encoder.finish()?);
    }
    data.extend_from_slice(text.as_bytes());
    Ok(data)
}

fn read_itxt(data: &[u8]) -> Result<String> {
    let rest = keyword_of(data).map(|keyword| &data[keyword.len() + 1..]).context("no end of the keyword")?;
    let ([flag, method], rest) =
        rest.split_first_chunk::<2>().context("it ends before its compression flag")?;
    let rest = behind_zero(rest).context("no end of the language")?;
    let text = behind_zero(rest).context("no end of the translated keyword")?;
    let bytes = match (flag, method) {
        (0, _) => text.to_vec(),
        (1, 0) => inflate(text)?,
        (flag, method) => bail!("expected compression 0/0 or 1/0, found {flag}/{method}"),
    };
    String::from_utf8(bytes).context("expected UTF-8")
}

fn behind_zero(bytes: &[u8]) -> Option<&[u8]> {
    bytes.iter().position(|byte| *byte == 0).map(|end| &bytes[end + 1..])
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    ZlibDecoder::new(bytes)
        .take(MAX_TEXT + 1)
        .read_to_end(&mut text)
        .context("its zlib stream is damaged")?;
    ensure!(text.len() as u64 <= MAX_TEXT, "it unpacks to more than {} MiB", MAX_TEXT >> 20);
    Ok(text)
}

fn put_chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> Result<()> {
    let len = i32::try_from(data.len()).context("PNG text: more than 2 GiB")?;
    out.extend_from_slice(&len.to_be_bytes());
    let start = out.len();
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    let checksum = crc32fast::hash(&out[start..]);
    out.extend_from_slice(&checksum.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // One black pixel, made by Pillow 13.0.
    const PIXEL: &[u8] = &[
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
        0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
        0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01,
        0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ];

    // The same with iTXt `wirebrush` = "grüße" written by Pillow 13.0 (`PngInfo.add_itxt`, zip=True).
    const BY_PILLOW: &[u8] = &[
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
        0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
        0x00, 0x00, 0x1d, 0x69, 0x54, 0x58, 0x74, 0x77, 0x69, 0x72, 0x65, 0x62, 0x72, 0x75, 0x73, 0x68, 0x00,
        0x01, 0x00, 0x00, 0x00, 0x78, 0x9c, 0x4b, 0x2f, 0x3a, 0xbc, 0xe7, 0xf0, 0xfc, 0x54, 0x00, 0x10, 0x2f,
        0x04, 0x20, 0x0c, 0x8c, 0xc6, 0xb0, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63,
        0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
        0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ];

    fn kinds(png: &[u8]) -> Vec<String> {
        let mut chunks = Chunks::new(png).unwrap();
        let mut kinds = Vec::new();
        while let Some(chunk) = chunks.next().unwrap() {
            assert!(chunk.checksum_is_right());
            kinds.push(chunk.kind.escape_ascii().to_string());
        }
        kinds
    }

    #[test]
    fn a_text_comes_back_and_lies_before_the_pixels() {
        let png = embed_text(PIXEL, "wirebrush", "{\"title\":\"grüße\"}").unwrap();
        assert_eq!(kinds(&png), ["IHDR", "iTXt", "IDAT", "IEND"]);
        assert_eq!(extract_text(&png, "wirebrush").unwrap().unwrap(), "{\"title\":\"grüße\"}");
        assert_eq!(extract_text(&png, "other").unwrap(), None);
        assert_eq!(extract_text(PIXEL, "wirebrush").unwrap(), None);
    }

    #[test]
    fn a_second_text_replaces_the_first_of_the_same_keyword_only() {
        let png = embed_text(PIXEL, "wirebrush", "old").unwrap();
        let png = embed_text(&png, "other", "kept").unwrap();
        let png = embed_text(&png, "wirebrush", "new").unwrap();
        assert_eq!(extract_text(&png, "wirebrush").unwrap().unwrap(), "new");
        assert_eq!(extract_text(&png, "other").unwrap().unwrap(), "kept");
        assert_eq!(kinds(&png), ["IHDR", "iTXt", "iTXt", "IDAT", "IEND"]);
        assert_eq!(embed_text(&png, "wirebrush", "new").unwrap(), png, "embedding again changes nothing");
    }

    #[test]
    fn long_texts_are_compressed_and_come_back() {
        let text = "prompt ".repeat(1000);
        let png = embed_text(PIXEL, "wirebrush", &text).unwrap();
        assert!(png.len() < PIXEL.len() + 300);
        assert_eq!(extract_text(&png, "wirebrush").unwrap().unwrap(), text);
    }

    #[test]
    fn a_compressed_text_of_another_writer_is_read() {
        assert_eq!(extract_text(BY_PILLOW, "wirebrush").unwrap().unwrap(), "grüße");
    }

    #[test]
    fn truncated_files_are_errors_at_every_length() {
        let png = embed_text(PIXEL, "wirebrush", "text").unwrap();
        let text_ends = png.windows(4).position(|window| window == b"IDAT").unwrap() - 4;
        for len in 0..png.len() {
            assert!(embed_text(&png[..len], "wirebrush", "new").is_err(), "{len} bytes");
            assert_eq!(extract_text(&png[..len], "wirebrush").is_err(), len < text_ends, "{len} bytes");
            assert!(extract_text(&png[..len], "other").is_err(), "{len} bytes");
        }
    }

    #[test]
    fn every_flipped_byte_of_the_text_is_noticed() {
        let png = embed_text(PIXEL, "wirebrush", "text").unwrap();
        let start = png.windows(4).position(|window| window == b"text").unwrap();
        for at in start..start + 8 {
            let mut damaged = png.clone();
            damaged[at] ^= 1;
            let message = extract_text(&damaged, "wirebrush").unwrap_err().to_string();
            assert!(message.contains("checksum is wrong"), "{message}");
        }
    }

    #[test]
    fn odd_text_chunks_are_errors_not_panics() {
        for body in
            [&b""[..], &[0], &[0, 0], &[1, 0, 0], &[1, 7, 0, 0], &[1, 0, 0, 0, 1, 2], &[0, 0, 0, 0, 0xff]]
        {
            let data = [b"wirebrush\0", body].concat();
            let mut png = SIGNATURE.to_vec();
            put_chunk(&mut png, *b"iTXt", &data).unwrap();
            put_chunk(&mut png, *b"IEND", &[]).unwrap();
            assert!(extract_text(&png, "wirebrush").is_err(), "{body:?}");
        }
        let mut bare = SIGNATURE.to_vec();
        put_chunk(&mut bare, *b"iTXt", b"wirebrush").unwrap();
        put_chunk(&mut bare, *b"IEND", &[]).unwrap();
        assert_eq!(extract_text(&bare, "wirebrush").unwrap(), None);
    }

    #[test]
    fn a_huge_claim_is_refused_without_reading_on() {
        let mut png = SIGNATURE.to_vec();
        png.extend_from_slice(b"\xff\xff\xff\xffiTXtabc");
        let message = extract_text(&png, "wirebrush").unwrap_err().to_string();
        assert_eq!(message, "PNG file: chunk `iTXt` at byte 8 claims 4294967295 bytes, 3 are left");
    }

    #[test]
    fn keywords_that_png_forbids_are_refused() {
        for keyword in ["", " a", "a ", "ü", "a\0b", &"k".repeat(80)] {
            assert!(embed_text(PIXEL, keyword, "text").is_err(), "{keyword:?}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let message = extract_text(b"GIF89a", "wirebrush").unwrap_err().to_string();
        assert_eq!(message, "expected a PNG file, found one that begins otherwise");
    }
}
