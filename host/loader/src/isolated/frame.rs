//! How a message travels: lengths, the message as JSON, and behind it the bytes of the values it speaks of.
//!
//! Numbers are 64 bits, little endian: the length of the message, the number of blobs, the length of each. Nothing is
//! believed that did not come: a length alone makes the reader reserve addresses, not memory.

use std::io::{self, BufRead, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use wirebrush_engine::Buffer;

/// A message with the bytes it speaks of.
pub(super) struct Frame<M> {
    pub(super) message: M,
    pub(super) blobs: Vec<Buffer>,
}

// Up to here copying bytes costs less than another call of the system.
const SMALL: usize = 64 << 10;

// A value has one; what claims more would keep its reader waiting for their lengths.
const MAX_BLOBS: u64 = 1 << 20;

/// Writes a message, a small one in one piece.
///
/// # Errors
/// When the other side is gone.
pub(super) fn write(out: &mut impl Write, message: &impl Serialize, blobs: &[Buffer]) -> io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let mut head = Vec::with_capacity(16 + 8 * blobs.len() + json.len());
    head.extend((json.len() as u64).to_le_bytes());
    head.extend((blobs.len() as u64).to_le_bytes());
    for blob in blobs {
        head.extend((blob.len() as u64).to_le_bytes());
    }
    head.extend(json);
    for blob in blobs {
        if blob.len() <= SMALL {
            head.extend_from_slice(blob);
        } else {
            out.write_all(&head)?;
            head.clear();
            out.write_all(blob)?;
        }
    }
    out.write_all(&head)
}

/// Waits for a message.
///
/// # Errors
/// `UnexpectedEof` when the other side is gone, `InvalidData` when this is no message.
pub(super) fn read<M: DeserializeOwned>(input: &mut impl BufRead) -> io::Result<Frame<M>> {
    let length = number(input)?;
    let blobs = number(input)?;
    if blobs > MAX_BLOBS {
        let why = format!("{blobs} blobs are more than there can be");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let lengths = (0..blobs).map(|_| number(input)).collect::<io::Result<Vec<_>>>()?;
    let message = serde_json::from_slice(&bytes(input, length)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let blobs = lengths.into_iter().map(|length| Ok(Buffer::new(bytes(input, length)?)));
    Ok(Frame { message, blobs: blobs.collect::<io::Result<_>>()? })
}

fn number(input: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn bytes(input: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let wrong =
        || io::Error::new(io::ErrorKind::InvalidData, format!("{length} bytes are more than there can be"));
    let count = usize::try_from(length).map_err(|_| wrong())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(count).map_err(|_| wrong())?;
    if input.take(length).read_to_end(&mut bytes)? == count {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(blobs: &[Vec<u8>]) -> Vec<u8> {
        let blobs: Vec<_> = blobs.iter().map(|blob| Buffer::new(blob.clone())).collect();
        let mut out = Vec::new();
        write(&mut out, &("text", u64::MAX), &blobs).unwrap();
        out
    }

    #[test]
    fn a_message_arrives_with_its_blobs_large_and_small() {
        let blobs = [vec![1; 3], vec![2; SMALL + 1], Vec::new(), vec![3; SMALL]];
        let bytes = [written(&blobs), written(&[])].concat();
        let mut input = bytes.as_slice();
        let frame: Frame<(String, u64)> = read(&mut input).unwrap();
        assert_eq!(frame.message, ("text".to_owned(), u64::MAX));
        assert!(frame.blobs.iter().map(|blob| &**blob).eq(blobs.iter().map(Vec::as_slice)));
        assert_eq!(read::<(String, u64)>(&mut input).unwrap().blobs.len(), 0);
        assert!(input.is_empty());
    }

    #[test]
    fn a_message_cut_anywhere_is_no_message() {
        let whole = written(&[vec![7; 5]]);
        for length in 0..whole.len() {
            let error = read::<(String, u64)>(&mut &whole[..length]).err().expect("it is cut");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
    }

    #[test]
    fn lengths_that_lie_take_no_memory() {
        for (json, blobs) in [(u64::MAX, 0), (1 << 60, 0), (2, u64::MAX), (2, 1)] {
            let mut bytes = [json, blobs, u64::MAX].map(u64::to_le_bytes).concat();
            bytes.extend(b"{}");
            assert!(read::<serde_json::Value>(&mut bytes.as_slice()).is_err(), "{json} {blobs}");
        }
    }
}
