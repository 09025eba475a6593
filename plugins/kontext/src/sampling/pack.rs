//! Latents to tokens and back.

use candle_core::Tensor;

use crate::error::{Error, Result};
use crate::kernels::{tensor, with_slice};

/// Rows and columns of tokens that cover a latent of this size; an odd side is rounded up.
pub fn grid(height: usize, width: usize) -> (usize, usize) {
    (height.div_ceil(2), width.div_ceil(2))
}

/// Packs a latent `(C, h, w)` into tokens `(⌈h/2⌉·⌈w/2⌉, 4C)`, row by row.
///
/// The column is `c·4 + y·2 + x` for the pixel (y, x) of the 2×2 patch. Odd sides are padded by their first row or column
/// (circular padding).
///
/// # Errors
/// [`Error::Input`] when the latent has not three dimensions.
pub fn pack(latent: &Tensor) -> Result<Tensor> {
    let (channels, height, width) = latent_dims(latent)?;
    let (rows, columns) = grid(height, width);
    let mut out = Vec::with_capacity(rows * columns * 4 * channels);
    with_slice(latent, |latent| {
        for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
            for (c, y, x) in (0..channels).flat_map(|c| [(c, 0, 0), (c, 0, 1), (c, 1, 0), (c, 1, 1)]) {
                let (y, x) = ((2 * row + y) % height, (2 * column + x) % width);
                out.push(latent[(c * height + y) * width + x]);
            }
        }
        Ok(())
    })?;
    tensor(out, &[rows * columns, 4 * channels])
}

/// The inverse of [`pack`] for a latent of `height` × `width`; padding is cut off.
///
/// # Errors
/// [`Error::Input`] when the number of tokens does not fit.
pub fn unpack(tokens: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (rows, columns) = grid(height, width);
    let (count, token) = tokens.dims2()?;
    if count != rows * columns || token % 4 != 0 {
        let expected = format!("({}, 4·channels)", rows * columns);
        return Err(Error::input("tokens", expected, format!("({count}, {token})")));
    }
    let channels = token / 4;
    let mut out = Vec::with_capacity(channels * height * width);
    with_slice(tokens, |tokens| {
        for (c, y, x) in
            (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))))
        {
            out.push(tokens[(y / 2 * columns + x / 2) * token + c * 4 + y % 2 * 2 + x % 2]);
        }
        Ok(())
    })?;
    tensor(out, &[channels, height, width])
}

/// Channels, height and width of a latent.
pub(super) fn latent_dims(latent: &Tensor) -> Result<(usize, usize, usize)> {
    match latent.dims() {
        &[c, h, w] if c * h * w > 0 => Ok((c, h, w)),
        found => Err(Error::input("latent", "(channels, height, width)", format!("shape {found:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_round_trip(channels: usize, height: usize, width: usize) {
        let values: Vec<f32> = (0..channels * height * width).map(|i| i as f32).collect();
        let latent = tensor(values.clone(), &[channels, height, width]).unwrap();
        let tokens = pack(&latent).unwrap();
        let (rows, columns) = grid(height, width);
        assert_eq!(tokens.dims(), [rows * columns, 4 * channels]);
        let back = unpack(&tokens, height, width).unwrap();
        assert_eq!(back.flatten_all().unwrap().to_vec1::<f32>().unwrap(), values);
    }

    #[test]
    fn unpack_inverts_pack_for_even_and_odd_sides() {
        check_round_trip(16, 4, 6);
        check_round_trip(4, 5, 7);
        check_round_trip(1, 1, 1);
    }

    #[test]
    fn odd_sides_wrap_around() {
        let latent = tensor(vec![1.0, 2.0, 3.0], &[1, 1, 3]).unwrap();
        let tokens = pack(&latent).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(tokens, [[1.0, 2.0, 1.0, 2.0], [3.0, 1.0, 3.0, 1.0]]);
    }
}
