//! Colors as users write them, and the sRGB transfer curve.

use wirebrush_sdk::prelude::*;

/// A color, sRGB with straight alpha, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rgba(pub(crate) [f32; 4]);

impl Rgba {
    /// Reads `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `black`, `white` or `transparent`.
    ///
    /// # Errors
    /// `InvalidInput` at `port`.
    pub(crate) fn parse(port: &str, text: &str) -> Result<Self> {
        let text = text.trim();
        let digits = match text {
            "black" => "000",
            "white" => "fff",
            "transparent" => "0000",
            _ => text.strip_prefix('#').unwrap_or_default(),
        };
        Self::from_digits(digits).ok_or_else(|| {
            let expected = "expected a color as #rgb, #rrggbb, #rrggbbaa, black, white or transparent";
            Failure::invalid(port, format!("{expected}, found `{text}`"))
        })
    }

    fn from_digits(digits: &str) -> Option<Self> {
        let nibbles: Vec<u8> =
            digits.chars().map(|c| c.to_digit(16).map(|it| it as u8)).collect::<Option<_>>()?;
        let bytes: Vec<u8> = match nibbles.len() {
            3 | 4 => nibbles.iter().map(|nibble| nibble * 17).collect(),
            6 | 8 => nibbles.as_chunks::<2>().0.iter().map(|[high, low]| high * 16 + low).collect(),
            _ => return None,
        };
        let mut color = [1.0; 4];
        for (to, from) in color.iter_mut().zip(bytes) {
            *to = f32::from(from) / 255.0;
        }
        Some(Self(color))
    }

    /// The bytes of one pixel of this color in a picture like `info`.
    ///
    /// Without an alpha channel, alpha has no effect. Gray is the luma of ITU-R BT.601, as Pillow's mode `L`.
    pub(crate) fn pixel(self, info: &ImageInfo) -> Result<Vec<u8>> {
        let [r, g, b, alpha] = self.0;
        let mut rgb = [r, g, b];
        if info.channels == 1 {
            rgb = [0.299 * r + 0.587 * g + 0.114 * b; 3];
        }
        if info.color == Color::Linear {
            rgb = rgb.map(to_linear);
        }
        if info.channels == 4 && info.alpha == Alpha::Premultiplied {
            rgb = rgb.map(|it| it * alpha);
        }
        let samples = [rgb[0], rgb[1], rgb[2], alpha];
        let info = ImageInfo { frames: 1, height: 1, width: 1, ..*info };
        Image::from_f32(info, &samples[..info.channels as usize])?.into_bytes()
    }
}

/// Linear light of an sRGB value; values below 0 and above 1 follow the curve's continuation.
///
/// Source: IEC 61966-2-1:1999, section 5.2.
pub(crate) fn to_linear(value: f32) -> f32 {
    let size = value.abs();
    let linear = if size <= 0.040_45 { size / 12.92 } else { ((size + 0.055) / 1.055).powf(2.4) };
    linear.copysign(value)
}

/// The reverse of [`to_linear`].
pub(crate) fn to_srgb(value: f32) -> f32 {
    let size = value.abs();
    let encoded = if size <= 0.003_130_8 { size * 12.92 } else { 1.055 * size.powf(1.0 / 2.4) - 0.055 };
    encoded.copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_read_in_every_spelling() {
        for text in ["#f00", "#ff0000", "#FF0000ff", " #f00f "] {
            assert_eq!(Rgba::parse("color", text), Ok(Rgba([1.0, 0.0, 0.0, 1.0])), "{text}");
        }
        assert_eq!(Rgba::parse("color", "transparent"), Ok(Rgba([0.0; 4])));
        for text in ["", "#", "#12", "#12345", "#gggggg", "red", "ff0000", "#ÿÿÿ"] {
            assert!(Rgba::parse("color", text).is_err(), "{text}");
        }
    }

    // Source: IEC 61966-2-1, the curve at 0.5, to six digits.
    #[test]
    fn the_transfer_curve_meets_its_published_values() {
        assert!((to_linear(0.5) - 0.214_041).abs() < 1e-6);
        assert!((to_srgb(0.214_041) - 0.5).abs() < 1e-6);
        assert!((to_srgb(to_linear(-1.5)) + 1.5).abs() < 1e-5);
        assert_eq!((to_linear(0.0), to_linear(1.0)), (0.0, 1.0));
    }

    #[test]
    fn a_pixel_fits_the_picture_it_is_for() {
        let red = Rgba([1.0, 0.0, 0.0, 0.5]);
        let info = ImageInfo::srgb(9, 9, 4, Sample::U8);
        assert_eq!(red.pixel(&info).unwrap(), [255, 0, 0, 128]);
        let premultiplied = ImageInfo { alpha: Alpha::Premultiplied, ..info };
        assert_eq!(red.pixel(&premultiplied).unwrap(), [128, 0, 0, 128]);
        assert_eq!(red.pixel(&ImageInfo::srgb(9, 9, 3, Sample::U8)).unwrap(), [255, 0, 0]);
        assert_eq!(red.pixel(&ImageInfo::srgb(9, 9, 1, Sample::U8)).unwrap(), [76]);
    }
}
