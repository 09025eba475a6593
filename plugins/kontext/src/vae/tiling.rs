//! A picture in tiles that fit together without seams.
//!
//! Two things make tiles of an autoencoder differ from the whole. Convolutions look beyond the tile's border: each tile is read with
//! a margin as wide as all its convolutions see, and what they cannot know is dropped, so no blending is needed. And norms look
//! at the whole picture: a few samples of the picture, measured together, give first statistics; a first pass through all tiles with
//! these gives better ones; the second pass, with those, makes the result. All tiles share the statistics, so what difference to
//! the whole remains is one slight change of tone of the picture, never a border. Attention over the whole picture happens at the
//! lowest resolution, which is never tiled.
//!
//! diffusers, ComfyUI and stable-diffusion.cpp let each tile measure itself and blend what does not fit. Shared statistics, of a
//! shrunken picture, are the idea of
//! <https://github.com/pkuliyi2015/multidiffusion-upscaler-for-automatic1111/blob/main/scripts/tilevae.py>.

use std::ops::Range;

use super::feature::Span;

/// How a picture is cut; all in latent pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Longest side of a tile without its margin.
    pub(super) side: usize,
    /// What a tile reads on each side beyond itself.
    pub(super) margin: usize,
}

/// One tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    /// What the tile is there for.
    pub(super) core: [Range<usize>; 2],
    /// Rows to read.
    pub(super) rows: Span,
    /// Columns to read.
    pub(super) columns: Span,
}

impl Tile {
    /// The core's rows at `factor` times the latent's resolution.
    pub(super) fn core_rows(&self, factor: usize) -> Span {
        Span { start: self.core[0].start, end: self.core[0].end, whole: self.rows.whole }.times(factor)
    }

    /// The core's columns, likewise.
    pub(super) fn core_columns(&self, factor: usize) -> Span {
        Span { start: self.core[1].start, end: self.core[1].end, whole: self.columns.whole }.times(factor)
    }
}

impl Grid {
    /// Tiles of nearly equal size whose cores cover the picture once, row by row.
    pub(super) fn tiles(&self) -> Vec<Tile> {
        let columns = cut(self.width, self.side);
        let tile = |rows: &Range<usize>, columns: &Range<usize>| Tile {
            rows: Span::around(rows, self.margin, self.height),
            columns: Span::around(columns, self.margin, self.width),
            core: [rows.clone(), columns.clone()],
        };
        cut(self.height, self.side)
            .iter()
            .flat_map(|rows| columns.iter().map(move |columns| tile(rows, columns)))
            .collect()
    }

    /// Windows spread evenly over the picture that together are about as large as one tile with its margin.
    pub(super) fn samples(&self) -> Vec<[Span; 2]> {
        // Smaller windows would lose most of themselves on the way to the last layers.
        let read = self.side + 2 * self.margin;
        let count = (read / (2 * self.margin + 8)).max(1);
        let side = read / count;
        let columns = spread(self.width, side, count);
        spread(self.height, side, count)
            .iter()
            .flat_map(|&rows| columns.iter().map(move |&columns| [rows, columns]))
            .collect()
    }
}

/// Ranges of nearly equal length, none longer than `longest`.
fn cut(length: usize, longest: usize) -> Vec<Range<usize>> {
    let count = length.div_ceil(longest.max(1)).max(1);
    (0..count).map(|i| i * length / count..(i + 1) * length / count).collect()
}

/// `count` windows around the middles of as many equal parts; fewer when there is no room.
fn spread(length: usize, window: usize, count: usize) -> Vec<Span> {
    let window = window.min(length);
    let count = count.min(length / window.max(1)).max(1);
    let start =
        |i: usize| ((2 * i + 1) * length / (2 * count)).saturating_sub(window / 2).min(length - window);
    (0..count).map(|i| Span { start: start(i), end: start(i) + window, whole: length }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_cover_every_latent_pixel_once() {
        for (height, width, side) in [(1, 1, 8), (7, 129, 16), (64, 65, 64), (512, 300, 96), (33, 32, 32)] {
            let grid = Grid { height, width, side, margin: 7 };
            let mut seen = vec![0; height * width];
            for tile in grid.tiles() {
                let [rows, columns] = tile.core;
                assert!(rows.len() <= side && columns.len() <= side);
                assert!(
                    tile.rows.start <= rows.start && rows.end <= tile.rows.end && tile.rows.end <= height
                );
                for (y, x) in rows.flat_map(|y| columns.clone().map(move |x| (y, x))) {
                    seen[y * width + x] += 1;
                }
            }
            assert!(seen.iter().all(|&n| n == 1), "{height}×{width} in tiles of {side}");
        }
    }

    #[test]
    fn samples_stay_inside_and_below_a_tiles_size() {
        for (height, width, side) in [(1, 1, 8), (64, 65, 32), (512, 300, 96), (20, 500, 64)] {
            let grid = Grid { height, width, side, margin: 7 };
            let area: usize = grid.samples().iter().map(|[rows, columns]| rows.len() * columns.len()).sum();
            assert!(area > 0 && area <= (side + 14) * (side + 14));
            assert!(grid.samples().iter().all(|[r, c]| r.end <= height && c.end <= width));
        }
    }
}
