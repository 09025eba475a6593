//! Eight-bit floats, by a table of all 256 values.

use std::sync::LazyLock;

use float8::{F8E4M3, F8E5M2};

type Table = [f32; 256];

static E4M3: LazyLock<Table> = LazyLock::new(|| std::array::from_fn(|b| F8E4M3::from_bits(b as u8).to_f32()));
static E5M2: LazyLock<Table> = LazyLock::new(|| std::array::from_fn(|b| F8E5M2::from_bits(b as u8).to_f32()));

pub(super) fn decode_e4m3(bytes: &[u8], out: &mut [f32]) {
    look_up(&E4M3, bytes, out);
}

pub(super) fn decode_e5m2(bytes: &[u8], out: &mut [f32]) {
    look_up(&E5M2, bytes, out);
}

fn look_up(table: &Table, bytes: &[u8], out: &mut [f32]) {
    for (out, &byte) in out.iter_mut().zip(bytes) {
        *out = table[usize::from(byte)];
    }
}
