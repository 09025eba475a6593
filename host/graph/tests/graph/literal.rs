//! Literals get the type of their port.

use serde_json::{Value as Json, json};
use wirebrush_graph::{Literal, literal};
use wirebrush_schema::{Kind, NumberRange, Port};

#[track_caller]
fn check(port: &Port, value: Json, expected: Literal) {
    assert_eq!(literal(&value, port), Ok(expected), "{value}");
}

#[track_caller]
fn check_error(port: &Port, value: Json, expected: &str) {
    assert_eq!(literal(&value, port).unwrap_err().to_string(), expected, "{value}");
}

#[test]
fn a_seed_keeps_its_64_bits_in_both_forms() {
    let seed = Port::seed("seed", 0);
    check(&seed, json!(u64::MAX), Literal::Int(-1));
    check(&seed, json!("18446744073709551615"), Literal::Int(-1));
    check(&seed, json!("9007199254740993"), Literal::Int(9_007_199_254_740_993));
    check(&seed, json!(7.0), Literal::Int(7));
    check_error(
        &seed,
        json!("18446744073709551616"),
        "expected an integer from 0 to 18446744073709551615, found \"18446744073709551616\"",
    );
    check_error(
        &seed,
        json!(18_446_744_073_709_551_616.0),
        "expected an integer, found 1.8446744073709552e+19; it is too large for 64 bits",
    );
    check_error(&seed, json!(-1), "expected an integer from 0 to 18446744073709551615, found -1");
    check_error(&seed, json!("-1"), "expected an integer from 0 to 18446744073709551615, found \"-1\"");
    for text in ["", "-", "1.0", "0x10", "1e3", " 1", "+1", "999999999999999999999999"] {
        assert!(literal(&json!(text), &seed).is_err(), "{text:?}");
    }
}

#[test]
fn an_integer_without_range_is_signed() {
    let int = Port::new("n", Kind::INT);
    check(&int, json!(i64::MIN), Literal::Int(i64::MIN));
    check_error(
        &int,
        json!(u64::MAX),
        "expected an integer from -9223372036854775808 to 9223372036854775807, found 18446744073709551615",
    );
    check_error(&int, json!(2.5), "expected an integer, found 2.5");
    check_error(&int, json!(true), "expected an integer, found true");
    check_error(&int, json!(null), "expected an integer, found null");
}

#[test]
fn bounds_that_are_no_integers_round_inwards() {
    let mut int = Port::new("n", Kind::INT);
    int.range =
        Some(NumberRange { min: serde_json::Number::from_f64(0.5), max: serde_json::Number::from_f64(2.5) });
    check_error(&int, json!(3), "expected an integer from 1 to 2, found 3");
    check_error(&int, json!(0), "expected an integer from 1 to 2, found 0");
}

#[test]
fn floats_take_integers_and_keep_their_range() {
    let float = Port::float("amount", 1.0, 0.0..=1.0);
    check(&float, json!(1), Literal::Float(1.0));
    check(&float, json!(0.25), Literal::Float(0.25));
    check_error(&float, json!(1.5), "expected a number from 0 to 1, found 1.5");
    check_error(&float, json!("0.5"), "expected a number, found \"0.5\"");
}

#[test]
fn text_choices_files_and_switches_take_their_own_only() {
    check(&Port::text("t", ""), json!("x"), Literal::Text("x".to_owned()));
    check_error(&Port::text("t", ""), json!(3), "expected text, found 3");
    let choice = Port::choice("c", &["lanczos", "nearest"]);
    check(&choice, json!("nearest"), Literal::Choice("nearest".to_owned()));
    check_error(
        &choice,
        json!("lancos"),
        "expected one of `lanczos`, `nearest`, found \"lancos\"; did you mean `lanczos`?",
    );
    check_error(&choice, json!(0), "expected one of `lanczos`, `nearest`, found 0");
    check(&Port::file("f"), json!("cup.png"), Literal::File("cup.png".to_owned()));
    check_error(&Port::file("f"), json!(""), "expected the name of a file, found \"\"");
    check(&Port::bool("b", false), json!(true), Literal::Bool(true));
    check_error(&Port::bool("b", false), json!("true"), "expected true or false, found \"true\"");
    check_error(
        &Port::image("i"),
        json!("cup.png"),
        "expected a link to an image, found \"cup.png\"; write { \"from\": \"node.output\" } to wire an image",
    );
}

#[test]
fn null_empties_an_optional_input_only() {
    check(&Port::image("i").optional(), Json::Null, Literal::None);
    check(&Port::int("n", 3, 0..=9).optional(), Json::Null, Literal::None);
    check_error(&Port::int("n", 3, 0..=9), Json::Null, "expected an integer, found null");
}

#[test]
fn keys_of_different_literals_differ() {
    let text = |it: &str| Literal::Text(it.to_owned());
    let literals = [
        Literal::None,
        Literal::Bool(false),
        Literal::Bool(true),
        Literal::Int(0),
        Literal::Int(1),
        Literal::Float(0.0),
        Literal::Float(1.0),
        text(""),
        text("a"),
        Literal::Choice("a".to_owned()),
        Literal::File("a".to_owned()),
    ];
    let mut keys: Vec<Vec<u8>> = literals
        .iter()
        .map(|it| {
            let mut key = Vec::new();
            it.write_key(&mut key);
            key
        })
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), literals.len());
    let mut zeros = [Vec::new(), Vec::new()];
    Literal::Float(0.0).write_key(&mut zeros[0]);
    Literal::Float(-0.0).write_key(&mut zeros[1]);
    assert_eq!(zeros[0], zeros[1]);
}
