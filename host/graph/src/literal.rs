//! Gives the literals of a document a type, by the port they are meant for.

use std::fmt;

use serde_json::{Number, Value as Json};
use wirebrush_schema::{Kind, NumberRange, Port};

use crate::definitions::{did_you_mean, names};

/// A literal with the type of its port.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Nothing: `null` at an optional input, which then stays empty even when it has a default.
    None,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; above 2⁶³−1 it is the bit pattern, where the port's range goes that far.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// Text.
    Text(String),
    /// A key of the port's choices.
    Choice(String),
    /// Name of a file whose contents are meant.
    File(String),
}

/// A literal that does not suit its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Stable name of the rule: `kind`, `range` or `choice`.
    pub code: &'static str,
    /// What the port takes.
    pub expected: String,
    /// What came.
    pub found: String,
    /// What may have been meant; often empty.
    pub hint: String,
}

/// Reads one literal for a port; the items of a list one by one.
///
/// An `int` takes a number or a string of digits (so that no reader rounds it), a `float` takes integers, an `any`
/// takes what JSON has. Ranges are compared exactly.
///
/// # Errors
/// A [`Mismatch`] when kind, range or choice do not suit.
pub fn literal(value: &Json, port: &Port) -> Result<Literal, Mismatch> {
    if value.is_null() && (port.optional || port.kind.as_str() == Kind::NONE) {
        return Ok(Literal::None);
    }
    match port.kind.as_str() {
        Kind::BOOL => value.as_bool().map(Literal::Bool).ok_or_else(|| mismatch("true or false", value)),
        Kind::INT => int(value, port),
        Kind::FLOAT => float(value, port),
        Kind::TEXT => text(value, "text").map(Literal::Text),
        Kind::CHOICE => choice(value, port),
        Kind::BYTES => match text(value, "the name of a file")? {
            name if name.is_empty() => Err(mismatch("the name of a file", value)),
            name => Ok(Literal::File(name)),
        },
        Kind::ANY => any(value),
        kind => Err(Mismatch {
            hint: format!("write {{ \"from\": \"node.output\" }} to wire {}", article(kind)),
            ..mismatch(&format!("a link to {}", article(kind)), value)
        }),
    }
}

impl Literal {
    /// The kind's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => Kind::NONE,
            Self::Bool(_) => Kind::BOOL,
            Self::Int(_) => Kind::INT,
            Self::Float(_) => Kind::FLOAT,
            Self::Text(_) => Kind::TEXT,
            Self::Choice(_) => Kind::CHOICE,
            Self::File(_) => Kind::BYTES,
        }
    }

    /// Appends bytes that are equal for equal literals and different for different ones, whatever follows them.
    ///
    /// For cache keys; the encoding never changes. A file adds its name only: the key of its contents is up to the
    /// caller.
    pub fn write_key(&self, key: &mut Vec<u8>) {
        let (tag, bytes): (u8, &[u8]) = match self {
            Self::None => (0, &[]),
            Self::Bool(it) => (1, if *it { &[1] } else { &[0] }),
            Self::Int(it) => (2, &it.to_le_bytes()),
            // Both zeros are equal, so they share a key.
            Self::Float(it) => (3, &(it + 0.0).to_bits().to_le_bytes()),
            Self::Text(it) => (4, it.as_bytes()),
            Self::Choice(it) => (5, it.as_bytes()),
            Self::File(it) => (6, it.as_bytes()),
        };
        key.push(tag);
        key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        key.extend_from_slice(bytes);
    }
}

/// A JSON integer, or a string of digits, with its exact value.
pub(crate) fn exact_int(value: &Json) -> Option<i128> {
    match value {
        Json::Number(number) => number_int(number),
        Json::String(digits) => {
            let unsigned = digits.strip_prefix('-').unwrap_or(digits);
            let plain = !unsigned.is_empty()
                && unsigned.len() <= 20
                && unsigned.bytes().all(|it| it.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        }
        _ => None,
    }
}

/// What a value is called in a message.
pub(crate) fn shown(value: &Json) -> String {
    const MOST_CHARS: usize = 40;
    let cut = |text: String| match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(it) => it.to_string(),
        Json::Number(it) => it.to_string(),
        Json::String(it) => cut(format!("{it:?}")),
        Json::Array(items) => format!("an array of {}", items.len()),
        Json::Object(_) => "an object".to_owned(),
    }
}

/// A value of a kind, as a sentence has it: `an image`, `text`.
pub(crate) fn article(kind: &str) -> String {
    match kind {
        Kind::TEXT | Kind::BYTES => kind.to_owned(),
        Kind::NONE => "nothing".to_owned(),
        Kind::ANY => "any value".to_owned(),
        _ if kind.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

impl std::error::Error for Mismatch {}

fn mismatch(expected: &str, value: &Json) -> Mismatch {
    Mismatch { code: "kind", expected: expected.to_owned(), found: shown(value), hint: String::new() }
}

fn text(value: &Json, expected: &str) -> Result<String, Mismatch> {
    value.as_str().map(str::to_owned).ok_or_else(|| mismatch(expected, value))
}

fn int(value: &Json, port: &Port) -> Result<Literal, Mismatch> {
    let (min, max) = int_bounds(port.range.as_ref());
    let exact = exact_int(value).ok_or_else(|| Mismatch {
        hint: match value.as_f64() {
            Some(it) if it.abs() >= 9e18 => "it is too large for 64 bits".to_owned(),
            _ => String::new(),
        },
        ..mismatch("an integer", value)
    })?;
    if exact < min || exact > max {
        return Err(Mismatch {
            code: "range",
            expected: format!("an integer from {min} to {max}"),
            found: shown(value),
            hint: String::new(),
        });
    }
    // In bounds it fits one of the two; above i64 the pattern is kept.
    let bits =
        i64::try_from(exact).unwrap_or_else(|_| u64::try_from(exact).unwrap_or_default().cast_signed());
    Ok(Literal::Int(bits))
}

/// The bounds of an integer port, never beyond 64 bits.
fn int_bounds(range: Option<&NumberRange>) -> (i128, i128) {
    let min = range.and_then(|it| it.min.as_ref()).and_then(|it| bound(it, f64::ceil));
    let max = range.and_then(|it| it.max.as_ref()).and_then(|it| bound(it, f64::floor));
    let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
    (min.unwrap_or(least).max(least), max.unwrap_or(most).min(i128::from(u64::MAX)))
}

fn bound(number: &Number, round: fn(f64) -> f64) -> Option<i128> {
    // The conversion saturates, and the bounds are cut to 64 bits.
    number_int(number).or_else(|| number.as_f64().map(|it| round(it) as i128))
}

fn number_int(number: &Number) -> Option<i128> {
    // Integral and at most 2^53, so the conversion is exact.
    let integral = |it: f64| (it.fract() == 0.0 && it.abs() <= 9_007_199_254_740_992.0).then_some(it as i128);
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
        .or_else(|| number.as_f64().and_then(integral))
}

fn float(value: &Json, port: &Port) -> Result<Literal, Mismatch> {
    let number = value.as_f64().filter(|it| it.is_finite()).ok_or_else(|| mismatch("a number", value))?;
    let end = |bound: Option<&Number>| bound.and_then(Number::as_f64);
    let range = port.range.as_ref();
    let min = range.and_then(|it| end(it.min.as_ref()));
    let max = range.and_then(|it| end(it.max.as_ref()));
    if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
        let expected = match (min, max) {
            (Some(min), Some(max)) => format!("a number from {min} to {max}"),
            (Some(min), None) => format!("a number of at least {min}"),
            (_, max) => format!("a number of at most {}", max.unwrap_or(f64::MAX)),
        };
        return Err(Mismatch { code: "range", expected, found: shown(value), hint: String::new() });
    }
    Ok(Literal::Float(number))
}

fn choice(value: &Json, port: &Port) -> Result<Literal, Mismatch> {
    let keys = || port.choices.iter().map(|choice| choice.key.as_str());
    let expected = format!("one of {}", names(keys()));
    let key = text(value, &expected)?;
    // A port without choices takes any key: the plugin knows them at run time.
    if port.choices.is_empty() || keys().any(|it| it == key) {
        return Ok(Literal::Choice(key));
    }
    Err(Mismatch { code: "choice", expected, found: shown(value), hint: did_you_mean(&key, keys()) })
}

fn any(value: &Json) -> Result<Literal, Mismatch> {
    match value {
        Json::Null => Ok(Literal::None),
        Json::Bool(it) => Ok(Literal::Bool(*it)),
        Json::String(it) => Ok(Literal::Text(it.clone())),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(it), _) => Ok(Literal::Int(it)),
            (None, Some(it)) => Ok(Literal::Float(it)),
            (None, None) => Err(mismatch("a number of 64 bits", value)),
        },
        Json::Array(_) | Json::Object(_) => Err(mismatch("a link, text, a number or a truth value", value)),
    }
}
