//! Finds out whether a GIF holds more than one frame without decoding it.

/// Whether a second frame begins in the file; false where the file ends early.
///
/// Source: CompuServe, "Graphics Interchange Format, Version 89a", 1990, sections 18 to 25.
pub(super) fn gif_is_animated(gif: &[u8]) -> bool {
    second_frame(gif).is_some()
}

fn second_frame(gif: &[u8]) -> Option<()> {
    let mut at = 13 + palette(*gif.get(10)?);
    let mut frames = 0;
    loop {
        match gif.get(at)? {
            0x2c => {
                frames += 1;
                if frames == 2 {
                    return Some(());
                }
                // Descriptor, local palette, minimum code size.
                at = skip_blocks(gif, at + 10 + palette(*gif.get(at + 9)?) + 1)?;
            }
            0x21 => at = skip_blocks(gif, at + 2)?,
            _ => return None,
        }
    }
}

/// Bytes of the palette that the flags announce.
fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn skip_blocks(gif: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match usize::from(*gif.get(at)?) {
            0 => return Some(at + 1),
            len => at += 1 + len,
        }
    }
}
