//! FLAC (RFC 9639 §8): blocks before the sound. Comments are blanked where they lie; what others have put there, and covers that
//! say more than they show, become padding.

use super::{
    edit::{Edits, Source, Unclean},
    mp3, said,
};

/// How such a file begins: with how its sound is coded.
pub const HEADER: &[u8] = b"fLaC\0\0\0\x22";

const PADDING: u8 = 1;
const LAST: u8 = 0x80;

/// Cleans what begins at a place.
pub fn clean(source: &mut Source, start: u64, edits: &mut Edits) -> Result<(), Unclean> {
    let mut at = start + 4;
    loop {
        let [kind, a, b, c] = source.bytes(at)?;
        let body = at + 4..at + 4 + u64::from(u32::from_be_bytes([0, a, b, c]));
        // Sound follows.
        if body.end > source.len() {
            return Err(Unclean::Media);
        }
        match kind & !LAST {
            // How the sound is coded, where to seek, and what lies where on the disc.
            0 | 3 | 5 => {}
            4 => {
                let mut bytes = source.part(body.clone())?;
                let before = bytes.clone();
                said::clean_comments(&mut bytes).ok_or(Unclean::Media)?;
                if bytes != before {
                    edits.write(body.start, bytes);
                }
            }
            6 if said::is_plain_cover(&source.part(body.clone())?) => {}
            _ => {
                edits.write(at, [kind & LAST | PADDING]);
                edits.blank(body.clone());
            }
        }
        at = body.end;
        if kind & LAST != 0 {
            return mp3::after(source, at, edits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{SECRET, SEEN, broken, cleaned, contains, sound::*, without_secret},
        *,
    };
    use crate::engine::avatar::picture::samples::encoded;

    #[test]
    fn where_sound_was_recorded_does_not_leave() {
        let cover = encoded(8, 8, image::ImageFormat::Png);
        let bytes = flac(&[
            block(4, &comments(&[b"TITLE=A walk", b"LOCATION=SECRETPLACE"])),
            block(2, SECRET),
            block(6, &[b"\0\0\0\x03image/png", &cover[..]].concat()),
            block(6, SECRET),
            block(LAST | PADDING, SECRET),
        ]);
        let clean = without_secret(&bytes);
        assert!(contains(&clean, b"A walk") && contains(&clean, &cover) && contains(&clean, SEEN));
        broken(&bytes);
        assert!(matches!(cleaned(&bytes[..50]), Err(Unclean::Media)), "nothing is heard");
        // As it is after ID3 tags, which do not belong there.
        let tagged = [b"ID3\x03\0\0\0\0\0\x0b".to_vec(), SECRET.to_vec(), bytes].concat();
        without_secret(&tagged);
        // What belongs to MP3 is put here, too.
        let end = [flac(&[block(LAST | PADDING, &[0; 9])]), ape_tag(0x80), old_tag(SECRET)].concat();
        assert!(contains(&without_secret(&end), SEEN));
        let plain = flac(&[block(LAST | PADDING, &[0; 9])]);
        assert_eq!(cleaned(&plain).unwrap(), plain);
    }
}
