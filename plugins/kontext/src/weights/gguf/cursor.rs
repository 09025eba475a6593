//! Reads little-endian values in order and never beyond the end.

/// Longest text that is read.
const MOST_TEXT: u64 = 1 << 20;
/// Longest list of numbers that is kept.
const MOST_NUMBERS: u64 = 8;

/// A place in the header of a file.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    wants_more: bool,
}

/// The value of a key, as far as it is of use.
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(u64),
    /// A short list.
    Numbers(Vec<u64>),
    Other,
}

type Result<T> = std::result::Result<T, String>;

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, wants_more: false }
    }

    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    /// Whether reading has failed at the end of the bytes.
    pub(super) fn wants_more(&self) -> bool {
        self.wants_more
    }

    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(count).ok().and_then(|count| rest.get(..count));
        let Some(taken) = taken else {
            self.wants_more = true;
            return Err(format!("is cut short: its header goes on after its {} bytes", self.bytes.len()));
        };
        self.at += taken.len();
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N as u64)?.try_into().expect("as many bytes were taken"))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.number().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.number().map(u64::from_le_bytes)
    }

    /// A text with its length before it; `what` names it in errors.
    pub(super) fn text(&mut self, what: &str) -> Result<&'a str> {
        let length = self.u64()?;
        if length > MOST_TEXT {
            return Err(format!("claims {length} bytes for {what}"));
        }
        std::str::from_utf8(self.take(length)?).map_err(|_| format!("has {what} that is not text"))
    }

    /// The value of a key with its type before it.
    pub(super) fn value(&mut self, key: &str) -> Result<Value<'a>> {
        const TEXT: u32 = 8;
        const LIST: u32 = 9;
        match self.u32()? {
            // Nothing here needs long texts, such as templates; they are only passed over.
            TEXT => {
                let length = self.u64()?;
                let bytes = self.take(length)?;
                let short = (length <= MOST_TEXT).then_some(bytes);
                Ok(short.and_then(|b| std::str::from_utf8(b).ok()).map_or(Value::Other, Value::Text))
            }
            LIST => {
                let (kind, count) = (self.u32()?, self.u64()?);
                if kind == TEXT {
                    for _ in 0..count {
                        let length = self.u64()?;
                        self.take(length)?;
                    }
                    return Ok(Value::Other);
                }
                let size = size(kind).ok_or_else(|| format!("has a list of type {kind} for key `{key}`"))?;
                let bytes = self.take(count.checked_mul(size).ok_or("has a list beyond any file")?)?;
                if count > MOST_NUMBERS {
                    return Ok(Value::Other);
                }
                let numbers = bytes.chunks_exact(size as usize).map(|b| whole(kind, b)).collect();
                Ok(Option::map_or(numbers, Value::Other, Value::Numbers))
            }
            kind => {
                let size = size(kind).ok_or_else(|| format!("has a value of type {kind} for key `{key}`"))?;
                Ok(whole(kind, self.take(size)?).map_or(Value::Other, Value::Number))
            }
        }
    }
}

/// Bytes of a number or truth value of a type.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// A whole number that is not negative.
fn whole(kind: u32, bytes: &[u8]) -> Option<u64> {
    const SIGNED: [u32; 4] = [1, 3, 5, 11];
    const FLOATS: [u32; 2] = [6, 12];
    let is_negative = SIGNED.contains(&kind) && bytes.last().is_some_and(|b| b & 0x80 != 0);
    let known = !is_negative && !FLOATS.contains(&kind);
    known.then(|| bytes.iter().rev().fold(0, |n, &b| (n << 8) | u64::from(b)))
}
