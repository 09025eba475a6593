//! What one tensor of a change is, by the end of its key.

/// Which factor of a change a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    /// LoRA: `(rank, in)`.
    Down,
    /// LoRA: `(out, rank)`.
    Up,
    /// A bias behind LoRA's `up`: `(out)`.
    UpBias,
    /// What, divided by the rank, scales the change.
    Alpha,
    /// DoRA: the norms of the changed weight.
    Magnitude,
    /// LoHa: `(out, rank)` and `(rank, in)` of the first product, then of the second.
    Hadamard1A,
    Hadamard1B,
    Hadamard2A,
    Hadamard2B,
    /// LoKr: the first and the second factor, whole or as a product.
    Kronecker1,
    Kronecker1A,
    Kronecker1B,
    Kronecker2,
    Kronecker2A,
    Kronecker2B,
    /// A whole difference of the weight, `(out, in)`.
    Difference,
    /// A whole difference of the bias, `(out)`.
    BiasDifference,
    /// A weight in place of the model's.
    Replacement,
    /// A factor that only convolutions have.
    Core,
}

/// Ends of keys. Longer ends stand before ends of theirs.
const ENDS: [(&str, Field); 41] = [
    (".lora_down.weight", Field::Down),
    (".lora_up.weight", Field::Up),
    (".lora_A.weight", Field::Down),
    (".lora_B.weight", Field::Up),
    // PEFT's name of the adapter, when the tool that saved it left that in.
    (".lora_A.default.weight", Field::Down),
    (".lora_B.default.weight", Field::Up),
    (".lora_A.default_0.weight", Field::Down),
    (".lora_B.default_0.weight", Field::Up),
    (".lora_A", Field::Down),
    (".lora_B", Field::Up),
    (".lora_B.bias", Field::UpBias),
    (".lora_B.default.bias", Field::UpBias),
    (".lora_up.bias", Field::UpBias),
    // diffusers before PEFT.
    (".lora.down.weight", Field::Down),
    (".lora.up.weight", Field::Up),
    (".lora_linear_layer.down.weight", Field::Down),
    (".lora_linear_layer.up.weight", Field::Up),
    (".alpha", Field::Alpha),
    (".dora_scale", Field::Magnitude),
    (".lora_magnitude_vector", Field::Magnitude),
    (".lora_magnitude_vector.weight", Field::Magnitude),
    (".lora_magnitude_vector.default.weight", Field::Magnitude),
    (".hada_w1_a", Field::Hadamard1A),
    (".hada_w1_b", Field::Hadamard1B),
    (".hada_w2_a", Field::Hadamard2A),
    (".hada_w2_b", Field::Hadamard2B),
    (".lokr_w1", Field::Kronecker1),
    (".lokr_w1_a", Field::Kronecker1A),
    (".lokr_w1_b", Field::Kronecker1B),
    (".lokr_w2", Field::Kronecker2),
    (".lokr_w2_a", Field::Kronecker2A),
    (".lokr_w2_b", Field::Kronecker2B),
    (".diff", Field::Difference),
    (".w_norm", Field::Difference),
    (".diff_b", Field::BiasDifference),
    (".b_norm", Field::BiasDifference),
    (".set_weight", Field::Replacement),
    (".lora_mid.weight", Field::Core),
    (".hada_t1", Field::Core),
    (".hada_t2", Field::Core),
    (".lokr_t2", Field::Core),
];

/// A key without its end, and what the end says.
pub(super) fn split(key: &str) -> Option<(&str, Field)> {
    ENDS.iter().find_map(|(end, field)| Some((key.strip_suffix(end)?, *field)))
}

/// Whether a key ends like a tensor of a change.
pub(super) fn is_change(key: &str) -> bool {
    split(key).is_some() || super::family::xlabs(key).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_end_hides_another() {
        for (end, field) in ENDS {
            assert_eq!(split(&format!("a.b{end}")), Some(("a.b", field)), "{end}");
        }
        assert_eq!(split("a.weight"), None);
    }
}
