//! Straight alpha in and out of rows of RGBA pixels.

use super::lane::Lane;

/// Multiplies color by alpha.
pub(super) fn premultiply<T: Lane>(samples: &mut [T]) {
    for [r, g, b, a] in samples.as_chunks_mut::<4>().0 {
        for color in [r, g, b] {
            *color = color.premultiply(*a);
        }
    }
}

/// Divides color by alpha, which is first freed from overshoot.
pub(super) fn unpremultiply<T: Lane>(samples: &mut [T]) {
    for [r, g, b, a] in samples.as_chunks_mut::<4>().0 {
        *a = a.clamp_alpha();
        for color in [r, g, b] {
            *color = color.unpremultiply(*a);
        }
    }
}
