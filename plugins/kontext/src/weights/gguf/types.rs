//! Types of tensors.
//!
//! Source: `GGML_QUANT_SIZES` in
//! <https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py>.

use crate::weights::Encoding;
use crate::weights::entry::Stored;

/// A type: how many elements share a block of how many bytes.
pub(super) struct Kind {
    id: u32,
    pub(super) stored: Stored,
    pub(super) elements: usize,
    pub(super) bytes: usize,
}

pub(super) fn by_id(id: u32) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

/// Number of the type that holds an encoding; `None` for 8-bit floats, which GGUF has not.
pub(crate) fn id_of(encoding: Encoding) -> Option<u32> {
    KINDS.iter().find(|kind| kind.stored == Stored::As(encoding)).map(|kind| kind.id)
}

const fn read(id: u32, encoding: Encoding) -> Kind {
    Kind {
        id,
        stored: Stored::As(encoding),
        elements: encoding.block_elements(),
        bytes: encoding.block_bytes(),
    }
}

const fn named(id: u32, name: &'static str, elements: usize, bytes: usize) -> Kind {
    Kind { id, stored: Stored::Other(name), elements, bytes }
}

/// All types that writers make or made; those that are not read can still be named.
static KINDS: [Kind; 33] = [
    read(0, Encoding::F32),
    read(1, Encoding::F16),
    read(2, Encoding::Q4_0),
    read(3, Encoding::Q4_1),
    read(6, Encoding::Q5_0),
    read(7, Encoding::Q5_1),
    read(8, Encoding::Q8_0),
    read(10, Encoding::Q2K),
    read(11, Encoding::Q3K),
    read(12, Encoding::Q4K),
    read(13, Encoding::Q5K),
    read(14, Encoding::Q6K),
    named(15, "Q8_K", 256, 292),
    named(16, "IQ2_XXS", 256, 66),
    named(17, "IQ2_XS", 256, 74),
    named(18, "IQ3_XXS", 256, 98),
    named(19, "IQ1_S", 256, 50),
    named(20, "IQ4_NL", 32, 18),
    named(21, "IQ3_S", 256, 110),
    named(22, "IQ2_S", 256, 82),
    named(23, "IQ4_XS", 256, 136),
    named(24, "I8", 1, 1),
    named(25, "I16", 1, 2),
    named(26, "I32", 1, 4),
    named(27, "I64", 1, 8),
    named(28, "F64", 1, 8),
    named(29, "IQ1_M", 256, 56),
    read(30, Encoding::BF16),
    named(34, "TQ1_0", 256, 54),
    named(35, "TQ2_0", 256, 66),
    named(39, "MXFP4", 32, 17),
    named(40, "NVFP4", 64, 36),
    named(41, "Q1_0", 128, 18),
];
