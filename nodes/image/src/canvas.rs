//! Moves whole pixels: the shared part of cropping and padding.

use wirebrush_sdk::prelude::*;

// Finished rows go out in pieces of this size: a call across the sandbox's wall costs more than a row.
const BAND_BYTES: usize = 1 << 20;

/// Largest picture these nodes make, in pixels; RGBA of 32-bit floats is then 4 GiB.
pub(crate) const MAX_PIXELS: u64 = 1 << 28;

/// Where the pixels of one new row or column come from: an old index, or none for the fill color.
pub(crate) type Sources = Vec<Option<u32>>;

/// Old indices `first..first + count`.
pub(crate) fn range(first: u32, count: u32) -> Sources {
    (first..first + count).map(Some).collect()
}

/// A picture whose pixel (x, y) is the old one at (`columns[x]`, `rows[y]`), or `fill`; frames are treated alike.
///
/// # Errors
/// `Cancelled`, or what reading and writing rows gives. Indices must lie within the image.
pub(crate) fn remap(
    image: &Image,
    columns: &[Option<u32>],
    rows: &[Option<u32>],
    fill: &[u8],
    cx: &Context<'_>,
) -> Result<Image> {
    let info = *image.info();
    let pixel = fill.len();
    let runs = runs(columns);
    let new = ImageInfo { width: columns.len() as u32, height: rows.len() as u32, ..info };
    let mut out = ImageBuilder::new(new)?;
    let mut band = Vec::new();
    let total = new.rows();
    let mut done = 0;
    for frame in 0..u64::from(info.frames) {
        for row in rows {
            match row {
                None => fill_pixels(&mut band, fill, columns.len()),
                Some(y) => {
                    let old = image.rows(frame * u64::from(info.height) + u64::from(*y), 1)?;
                    for run in &runs {
                        match *run {
                            Run::Copy { first, count } => {
                                band.extend_from_slice(&old[first * pixel..][..count * pixel]);
                            }
                            Run::Fill { count } => fill_pixels(&mut band, fill, count),
                        }
                    }
                }
            }
            done += 1;
            if band.len() >= BAND_BYTES || done == total {
                out.push(&band)?;
                band.clear();
                cx.progress(done, total)?;
            }
        }
    }
    out.finish()
}

enum Run {
    Copy { first: usize, count: usize },
    Fill { count: usize },
}

/// Neighboring columns that can be moved at once.
fn runs(columns: &[Option<u32>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in columns {
        match (runs.last_mut(), column.map(|x| x as usize)) {
            (Some(Run::Copy { first, count }), Some(x)) if *first + *count == x => *count += 1,
            (Some(Run::Fill { count }), None) => *count += 1,
            (_, Some(first)) => runs.push(Run::Copy { first, count: 1 }),
            (_, None) => runs.push(Run::Fill { count: 1 }),
        }
    }
    runs
}

fn fill_pixels(band: &mut Vec<u8>, fill: &[u8], count: usize) {
    for _ in 0..count {
        band.extend_from_slice(fill);
    }
}
