/// The seventeen sizes, width × height, that FLUX.1 Kontext was trained on.
///
/// Source: `PREFERED_KONTEXT_RESOLUTIONS` in
/// <https://github.com/black-forest-labs/flux/blob/main/src/flux/util.py>
pub const KONTEXT_SIZES: [(u32, u32); 17] = [
    (672, 1568),
    (688, 1504),
    (720, 1456),
    (752, 1392),
    (800, 1328),
    (832, 1248),
    (880, 1184),
    (944, 1104),
    (1024, 1024),
    (1104, 944),
    (1184, 880),
    (1248, 832),
    (1328, 800),
    (1392, 752),
    (1456, 720),
    (1504, 688),
    (1568, 672),
];

/// The size whose aspect ratio (width over height) differs least from that of `input`; of two equally near ones the
/// narrower, then the lower. `None` when there are no sizes.
///
/// The plain difference of ratios, as the reference takes it, not that of their logarithms; computed exactly, so that
/// ties are ties.
///
/// # Panics
/// When a height is zero.
///
/// Source: `prepare_kontext` in
/// <https://github.com/black-forest-labs/flux/blob/main/src/flux/sampling.py>
pub fn preferred_size(sizes: &[(u32, u32)], input: (u32, u32)) -> Option<(u32, u32)> {
    assert!(input.1 > 0 && sizes.iter().all(|size| size.1 > 0), "a picture has at least one row");
    let [width, height] = [input.0, input.1].map(i128::from);
    // |w/h - W/H| = |wH - Wh| / (hH); h is common to all.
    let distance = |size: &(u32, u32)| {
        ((width * i128::from(size.1) - i128::from(size.0) * height).abs(), i128::from(size.1))
    };
    sizes.iter().copied().min_by(|left, right| {
        let ((a, b), (c, d)) = (distance(left), distance(right));
        (a * d).cmp(&(c * b)).then(left.cmp(right))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_ratio_wins_and_ties_go_to_the_narrower() {
        let kontext = |width, height| preferred_size(&KONTEXT_SIZES, (width, height)).unwrap();
        assert_eq!(kontext(1000, 1000), (1024, 1024));
        assert_eq!(kontext(1920, 1080), (1392, 752));
        assert_eq!(kontext(1080, 1920), (752, 1392));
        assert_eq!(kontext(10, 10_000), (672, 1568));
        assert_eq!(kontext(10_000, 10), (1568, 672));
        assert_eq!(kontext(4032, 3024), (1184, 880));
        // 1.5 lies exactly between 1 and 2.
        assert_eq!(preferred_size(&[(128, 64), (64, 64)], (96, 64)), Some((64, 64)));
        assert_eq!(preferred_size(&[(128, 128), (64, 64)], (96, 64)), Some((64, 64)));
        assert_eq!(preferred_size(&[], (96, 64)), None);
    }
}
