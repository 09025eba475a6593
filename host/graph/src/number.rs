//! Numbers of documents, written as every JavaScript engine writes them.
//!
//! An editor in a browser reads and writes a document through JavaScript numbers. Writing `1.0` as `1` and `1e20` as
//! `100000000000000000000` here too keeps a saved graph the same bytes, whoever saved it.

use serde_json::{Number, Value as Json};

/// Largest integer up to which doubles have every integer, 2⁵³.
pub(crate) const EXACT: i128 = 1 << 53;

/// A double as a JSON number: an integer when it is one that doubles hold exactly. `None` for NaN and infinity.
pub(crate) fn from_f64(number: f64) -> Option<Number> {
    let exact = EXACT as f64;
    if number.fract() == 0.0 && number.abs() <= exact {
        // Integral and at most 2^53, so the conversion is exact.
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}

/// An integer as a JSON number, or as a string of digits where doubles would round it.
pub(crate) fn integer(exact: i128) -> Json {
    match i64::try_from(exact) {
        Ok(small) if (-EXACT..=EXACT).contains(&exact) => Json::from(small),
        _ => Json::from(exact.to_string()),
    }
}

/// Makes equal numbers equal: `1.0` becomes `1`, everywhere in a value.
pub(crate) fn unify(value: &mut Json) {
    match value {
        Json::Number(number) if number.is_f64() => {
            if let Some(unified) = number.as_f64().and_then(from_f64) {
                *number = unified;
            }
        }
        Json::Array(items) => items.iter_mut().for_each(unify),
        Json::Object(map) => map.values_mut().for_each(unify),
        _ => {}
    }
}

/// The canonical text: integers exactly, others by the shortest digits that read back as the same double.
///
/// Source: ECMA-262, `Number::toString`, which RFC 8785 takes over.
pub(crate) fn text(number: &Number) -> String {
    match number.as_f64() {
        Some(double) if number.is_f64() => double_text(double),
        _ => number.to_string(),
    }
}

fn double_text(double: f64) -> String {
    if double == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:e}", double.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    // The value is 0.digits times ten to the power `point`, as in the specification.
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or_default());
    let (head, tail) = digits.split_at(usize::try_from(point.clamp(0, count)).unwrap_or_default());
    let unsigned = if count <= point && point <= 21 {
        format!("{digits}{}", zeros(point - count))
    } else if 0 < point && point <= 21 {
        format!("{head}.{tail}")
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{:+}", point - 1)
    };
    format!("{}{unsigned}", if double < 0.0 { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source of the expected texts: RFC 8785, appendix B.
    #[test]
    fn doubles_are_written_as_rfc_8785_says() {
        for (bits, expected) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        ] {
            assert_eq!(double_text(f64::from_bits(bits)), expected);
        }
    }

    #[test]
    fn integers_are_exact_to_64_bits() {
        assert_eq!(text(&Number::from(u64::MAX)), "18446744073709551615");
        assert_eq!(text(&Number::from(i64::MIN)), "-9223372036854775808");
    }
}
