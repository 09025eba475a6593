//! Color tables in the `.cube` format: a header, then one output color a line, red running fastest.

/// A color for each point of a grid over all colors.
pub(crate) struct Cube {
    side: usize,
    colors: Vec<[f32; 3]>,
}

impl Cube {
    /// Reads a table over the colors from 0 to 1.
    ///
    /// # Errors
    /// What was expected in which line.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("expected text: {error}"))?;
        let (mut side, mut colors) = (0_usize, Vec::new());
        for (line, words) in (1..).zip(text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>())) {
            match words[..] {
                [] | ["TITLE", ..] => {}
                [comment, ..] if comment.starts_with('#') => {}
                ["DOMAIN_MIN", "0", "0", "0"] | ["DOMAIN_MAX", "1", "1", "1"] => {}
                ["LUT_3D_SIZE", number] => {
                    side = number.parse().map_err(|_| wrong(line, "a size", number))?
                }
                [r, g, b] => match [r.parse(), g.parse(), b.parse()] {
                    [Ok(r), Ok(g), Ok(b)] => colors.push([r, g, b]),
                    _ => return Err(wrong(line, "three numbers", &words.join(" "))),
                },
                _ => return Err(wrong(line, "a color of three numbers", &words.join(" "))),
            }
        }
        if side < 2 || Some(colors.len()) != side.checked_pow(3) {
            return Err(format!("expected LUT_3D_SIZE³ colors, found {side} and {} colors", colors.len()));
        }
        Ok(Self { side, colors })
    }

    /// The color for a color, blended from the eight points of the grid around it.
    pub(crate) fn look_up(&self, color: [f32; 3]) -> [f32; 3] {
        let last = self.side - 1;
        let place = color.map(|sample| sample.clamp(0.0, 1.0) * last as f32);
        let low = place.map(|place| (place as usize).min(last - 1));
        let mut sum = [0.0; 3];
        for corner in 0..8 {
            let (mut index, mut stride, mut weight) = (0, 1, 1.0);
            for channel in 0..3 {
                let upper = corner >> channel & 1;
                let t = place[channel] - low[channel] as f32;
                weight *= if upper == 1 { t } else { 1.0 - t };
                index += (low[channel] + upper) * stride;
                stride *= self.side;
            }
            for (sum, sample) in sum.iter_mut().zip(self.colors[index]) {
                *sum += weight * sample;
            }
        }
        sum
    }
}

fn wrong(line: usize, expected: &str, found: &str) -> String {
    format!("line {line}: expected {expected}, found `{found}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Swaps red and blue.
    const SWAP: &str = "TITLE \"swap\"\nLUT_3D_SIZE 2\n# red runs fastest\n\
        0 0 0\n0 0 1\n0 1 0\n0 1 1\n1 0 0\n1 0 1\n1 1 0\n1 1 1\n";

    #[test]
    fn colors_between_the_points_are_blended() {
        let cube = Cube::parse(SWAP.as_bytes()).unwrap();
        assert_eq!(cube.look_up([0.25, 0.5, 1.0]), [1.0, 0.5, 0.25]);
        assert_eq!(cube.look_up([-1.0, 0.0, 2.0]), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_no_table_is_said_with_its_line() {
        let error = |text: &str| Cube::parse(text.as_bytes()).err().unwrap();
        assert_eq!(error("LUT_3D_SIZE 2\n0 0 x\n"), "line 2: expected three numbers, found `0 0 x`");
        assert_eq!(error("LUT_3D_SIZE 99999999999999999999999\n").split(':').next(), Some("line 1"));
        assert!(error("LUT_3D_SIZE 2\n0 0 0\n").contains("found 2 and 1 colors"));
        assert!(error("").contains("found 0"));
    }
}
