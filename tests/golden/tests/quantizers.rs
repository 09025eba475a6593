//! Blocks that conversion writes, beside those that other programs make of the same numbers (`scripts/quantizers.py`).

use std::collections::BTreeMap;

use serde::Deserialize;
use wirebrush_golden_tests::{Named, value, write};
use wirebrush_kontext::convert::{Request, Target, convert};
use wirebrush_kontext::weights::{Encoded, Encoding, Weights};

const NAME: &str = "double_blocks.0.img_mlp.0.weight";

#[derive(Deserialize)]
struct Expected {
    blocks: BTreeMap<String, String>,
    fp8: Fp8,
    errors: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Fp8 {
    scale: f64,
    numbers: String,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../data/quantizers.json")).unwrap()
}

/// Cubes: many small numbers and few large ones, as in trained weights.
fn numbers(rows: usize, columns: usize) -> Named {
    let cube = |i| {
        let v = f64::from(value("numbers", i, 1.0, 0.0));
        (v * v * v * 0.1) as f32
    };
    Named {
        name: NAME.to_owned(),
        shape: vec![rows, columns],
        values: (0..rows * columns).map(cube).collect(),
    }
}

/// What a file of one matrix becomes: its stored form, and its numbers as they are read again.
fn converted<T>(matrix: &Named, target: Target, look: impl FnOnce(&Encoded<'_>, &[f32]) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from.safetensors");
    write(&from, std::slice::from_ref(matrix));
    let ending = if target == Target::Fp8 { "safetensors" } else { "gguf" };
    let to = folder.path().join(format!("to.{ending}"));
    let request = Request { from: &from, to: &to, target, part: None, replace: false };
    convert(&request, &mut |_, _, _| Ok(())).unwrap();
    let weights = Weights::open(&to).unwrap();
    let values: Vec<f32> = weights.get_any(NAME).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    look(&weights.encoded(NAME).unwrap(), &values)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows of 96 have no superblocks, so that Q4_K and Q5_K fall back to blocks of 32. Smaller matrices stay as they are.
#[test]
fn blocks_of_32_are_those_of_gguf_bit_by_bit() {
    let matrix = numbers(16, 96);
    for (target, encoding, name) in [
        (Target::Q8_0, Encoding::Q8_0, "Q8_0"),
        (Target::Q4K, Encoding::Q5_0, "Q5_0"),
        (Target::Q5K, Encoding::Q5_1, "Q5_1"),
    ] {
        converted(&matrix, target, |stored, _| {
            assert_eq!(stored.encoding, encoding);
            assert_eq!(hex(&stored.pieces[0].bytes), expected().blocks[name], "{name}");
        });
    }
}

#[test]
fn eight_bit_floats_are_those_of_torch_bit_by_bit() {
    let Fp8 { scale, numbers: bits } = expected().fp8;
    converted(&numbers(16, 96), Target::Fp8, |stored, _| {
        assert_eq!(f64::from(stored.pieces[0].scale), scale);
        assert_eq!(hex(&stored.pieces[0].bytes), bits);
    });
}

#[test]
fn errors_of_superblocks_are_those_of_llama_cpp() {
    let matrix = numbers(16, 1024);
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let whole = norm(&mut matrix.values.iter().map(|v| f64::from(*v)));
    // Sums in another order choose other scales now and then; Q6_K's search tries fewer of them.
    for (target, name, most) in
        [(Target::Q4K, "Q4_K", 1.02), (Target::Q5K, "Q5_K", 1.02), (Target::Q6K, "Q6_K", 1.04)]
    {
        let off = converted(&matrix, target, |_, values| {
            norm(&mut matrix.values.iter().zip(values).map(|(a, b)| f64::from(*a) - f64::from(*b))) / whole
        });
        let ratio = off / expected().errors[name];
        println!("{name}: {off:.5}, {ratio:.4} of llama.cpp's");
        assert!((0.9..=most).contains(&ratio), "{name}: {ratio}");
    }
}
