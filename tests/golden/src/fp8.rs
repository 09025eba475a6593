//! Writes 8-bit float files in the ways that circulate, and files of several types.

use std::collections::HashMap;
use std::path::Path;

use float8::{F8E4M3, F8E5M2};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::Named;

/// How an 8-bit float file says what its numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Every tensor is a bare `float8_e4m3fn`, biases and norms too.
    PlainE4M3,
    /// Every tensor is a bare `float8_e5m2`.
    PlainE5M2,
    /// Matrices have a `scale_weight`; a tensor `scaled_fp8` marks the file.
    ScaleWeight,
    /// Matrices have a `weight_scale` and a note `comfy_quant`.
    WeightScale,
    /// Matrices have a `weight_scale`; the header names them in `_quantization_metadata`.
    Metadata,
}

/// A tensor of a file.
type Stored = (String, Dtype, Vec<usize>, Vec<u8>);

/// A safetensors file whose tensors are of several types.
#[derive(Default)]
pub struct File {
    stored: Vec<Stored>,
    /// What the header says of layers.
    layers: serde_json::Map<String, serde_json::Value>,
}

impl File {
    /// Adds tensors below `prefix` and gives the values that a reader must see: matrices in 8 bits, the rest in F32 unless the scheme
    /// is plain.
    pub fn add(&mut self, prefix: &str, tensors: &[Named], scheme: Scheme) -> Vec<Named> {
        let plain = matches!(scheme, Scheme::PlainE4M3 | Scheme::PlainE5M2);
        let narrow = |tensor: &Named| {
            if !plain && tensor.shape.len() < 2 {
                return self.add_as(prefix, std::slice::from_ref(tensor), Dtype::F32).remove(0);
            }
            // As quantizers do it: the largest value becomes the largest number of the format.
            let largest = tensor.values.iter().fold(0f32, |m, v| m.max(v.abs()));
            let scale = if plain { 1.0 } else { largest / 448.0 };
            let e5m2 = scheme == Scheme::PlainE5M2;
            let bytes: Vec<u8> = tensor.values.iter().map(|v| to_bits(v / scale, e5m2)).collect();
            let values = bytes.iter().map(|b| from_bits(*b, e5m2) * scale).collect();
            let dtype = if e5m2 { Dtype::F8_E5M2 } else { Dtype::F8_E4M3 };
            let name = format!("{prefix}{}", tensor.name);
            let layer = name.strip_suffix(".weight").unwrap_or(&name).to_owned();
            self.stored.push((name, dtype, tensor.shape.clone(), bytes));
            explain(&layer, scale, scheme, &mut self.stored);
            if scheme == Scheme::Metadata {
                self.layers.insert(layer, serde_json::json!({"format": "float8_e4m3fn"}));
            }
            Named { values, ..tensor.clone() }
        };
        let seen = tensors.iter().map(narrow).collect();
        if scheme == Scheme::ScaleWeight {
            self.stored.push((format!("{prefix}scaled_fp8"), Dtype::F8_E4M3, vec![2], vec![0; 2]));
        }
        seen
    }

    /// Adds tensors below `prefix` in F32, F16 or BF16 and gives the values that a reader must see.
    ///
    /// # Panics
    /// When the dtype is another one.
    pub fn add_as(&mut self, prefix: &str, tensors: &[Named], dtype: Dtype) -> Vec<Named> {
        let narrow = |tensor: &Named| {
            let values = tensor.values.iter();
            let (bytes, values): (Vec<u8>, Vec<f32>) = match dtype {
                Dtype::F32 => (values.flat_map(|v| v.to_le_bytes()).collect(), tensor.values.clone()),
                Dtype::F16 => {
                    let values: Vec<_> = values.map(|v| f16::from_f32(*v)).collect();
                    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    (bytes, values.iter().map(|v| v.to_f32()).collect())
                }
                Dtype::BF16 => {
                    let values: Vec<_> = values.map(|v| bf16::from_f32(*v)).collect();
                    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    (bytes, values.iter().map(|v| v.to_f32()).collect())
                }
                other => panic!("cannot write {other:?}"),
            };
            self.stored.push((format!("{prefix}{}", tensor.name), dtype, tensor.shape.clone(), bytes));
            Named { values, ..tensor.clone() }
        };
        tensors.iter().map(narrow).collect()
    }

    /// Writes the file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &Path) {
        let metadata = (!self.layers.is_empty()).then(|| {
            let text = serde_json::json!({"format_version": "1.0", "layers": self.layers}).to_string();
            HashMap::from([("_quantization_metadata".to_owned(), text)])
        });
        let views = self.stored.iter().map(|(n, d, s, b)| (n, TensorView::new(*d, s.clone(), b).unwrap()));
        safetensors::serialize_to_file(views, metadata, path).unwrap();
    }
}

/// Writes tensors below `prefix` and gives the values that a reader must see.
///
/// # Panics
/// When the file cannot be written.
pub fn write(path: &Path, prefix: &str, tensors: &[Named], scheme: Scheme) -> Vec<Named> {
    let mut file = File::default();
    let seen = file.add(prefix, tensors, scheme);
    file.write(path);
    seen
}

fn explain(layer: &str, scale: f32, scheme: Scheme, stored: &mut Vec<Stored>) {
    let mut number = |name: &str, value: f32| {
        stored.push((format!("{layer}.{name}"), Dtype::F32, vec![], value.to_le_bytes().to_vec()));
    };
    match scheme {
        Scheme::PlainE4M3 | Scheme::PlainE5M2 => {}
        Scheme::ScaleWeight => {
            number("scale_weight", scale);
            number("scale_input", 3.0);
        }
        Scheme::WeightScale | Scheme::Metadata => {
            number("weight_scale", scale);
            number("input_scale", 3.0);
        }
    }
    if scheme == Scheme::WeightScale {
        let note = br#"{"format": "float8_e4m3fn", "full_precision_matrix_mult": true}"#.to_vec();
        stored.push((format!("{layer}.comfy_quant"), Dtype::U8, vec![note.len()], note));
    }
}

fn to_bits(value: f32, e5m2: bool) -> u8 {
    if e5m2 { F8E5M2::from_f32(value).to_bits() } else { F8E4M3::from_f32(value).to_bits() }
}

fn from_bits(bits: u8, e5m2: bool) -> f32 {
    if e5m2 { F8E5M2::from_bits(bits).to_f32() } else { F8E4M3::from_bits(bits).to_f32() }
}
