//! What may be said of a piece of music: what it is called, who plays it, and how its cover looks. All else that tags say of
//! films and sound does not leave: it may be a place, and nobody knows all names that places have.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{edit::Numbers, picture};

/// Names of Vorbis comments (<https://xiph.org/vorbis/doc/v-comment.html>) whose texts may stay.
const KEPT: [&str; 18] = [
    "TITLE",
    "VERSION",
    "ALBUM",
    "ARTIST",
    "ALBUMARTIST",
    "PERFORMER",
    "COMPOSER",
    "GENRE",
    "TRACKNUMBER",
    "TRACKTOTAL",
    "TOTALTRACKS",
    "DISCNUMBER",
    "DISCTOTAL",
    "TOTALDISCS",
    "REPLAYGAIN_TRACK_GAIN",
    "REPLAYGAIN_TRACK_PEAK",
    "R128_TRACK_GAIN",
    "R128_ALBUM_GAIN",
];
/// Names for the channels, which a decoder needs.
const CHANNELS: &str = "WAVEFORMATEXTENSIBLE_CHANNEL_MASK";
/// A cover begins so early in what holds it: behind its media type and what is said of it.
const COVER_WITHIN: usize = 1024;

/// Whether something holds a cover that says nothing beside itself.
pub fn is_plain_cover(holder: &[u8]) -> bool {
    let mut starts = (0..holder.len().min(COVER_WITHIN)).map(|at| &holder[at..]);
    starts
        .find(|rest| picture::is_one(rest))
        .is_some_and(|bytes| picture::clean(bytes).is_ok_and(|clean| clean.as_deref() == Some(bytes)))
}

/// Blanks all comments but those that may stay, where they lie (Vorbis I §5.2). `None` where these are no comments.
pub fn clean_comments(bytes: &mut [u8]) -> Option<()> {
    let whole = bytes.len();
    let mut numbers = Numbers(bytes);
    let length = |numbers: &mut Numbers| usize::try_from(numbers.little(4)?).ok();
    let vendor = length(&mut numbers)?;
    numbers.take(vendor)?;
    let mut blank = Vec::new();
    for _ in 0..length(&mut numbers)? {
        let length = length(&mut numbers)?;
        let end = whole - numbers.0.len() + length;
        let comment = numbers.take(length)?;
        if !is_kept(comment) {
            let named = comment.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1);
            blank.push(end - (length - named)..end);
        }
    }
    // After the last comment there is one byte, and then perhaps what its writer had left to say.
    let rest = whole - numbers.0.len();
    for range in blank {
        bytes[range].fill(b' ');
    }
    bytes[rest..].iter_mut().skip(1).for_each(|byte| *byte = 0);
    Some(())
}

fn is_kept(comment: &[u8]) -> bool {
    let Some((name, value)) = str::from_utf8(comment).ok().and_then(|comment| comment.split_once('=')) else {
        return false;
    };
    if name.eq_ignore_ascii_case("METADATA_BLOCK_PICTURE") {
        return STANDARD.decode(value).is_ok_and(|picture| is_plain_cover(&picture));
    }
    KEPT.iter().chain([&CHANNELS]).any(|kept| name.eq_ignore_ascii_case(kept))
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{SECRET, contains, sound::comments},
        *,
    };
    use crate::engine::avatar::picture::samples::encoded;

    #[test]
    fn only_what_a_piece_is_called_may_be_said() {
        let mut bytes = comments(&[
            b"title=A walk",
            b"LOCATION=SECRETPLACE",
            b"GEO_LOCATION=SECRETPLACE",
            b"xSECRETPLACE",
            b"=SECRETPLACE",
            b"Artist=Somebody",
            b"",
        ]);
        bytes.extend(SECRET);
        let length = bytes.len();
        clean_comments(&mut bytes).unwrap();
        assert!(!contains(&bytes, SECRET) && bytes.len() == length);
        let expected = comments(&[
            b"title=A walk",
            b"LOCATION=           ",
            b"GEO_LOCATION=           ",
            b"            ",
            b"=           ",
            b"Artist=Somebody",
            b"",
        ]);
        assert_eq!(&bytes[..expected.len()], expected);
    }

    #[test]
    fn comments_that_claim_to_be_longer_are_none() {
        let whole = comments(&[b"LOCATION=SECRETPLACE", b"b=c"]);
        for length in 0..whole.len() - 1 {
            assert_eq!(clean_comments(&mut whole[..length].to_vec()), None, "{length}");
        }
        assert_eq!(clean_comments(&mut [0xff; 40]), None);
    }

    #[test]
    fn a_cover_stays_where_it_says_nothing() {
        let cover = encoded(8, 8, image::ImageFormat::Jpeg);
        let held = [b"\0image/jpeg\0\x03\0".to_vec(), cover.clone()].concat();
        assert!(is_plain_cover(&held));
        let mut telling = held.clone();
        telling.splice(16..16, [b"\xff\xfe\0\x0d".to_vec(), SECRET.to_vec()].concat());
        assert!(contains(&telling, SECRET) && !is_plain_cover(&telling));
        assert!(!is_plain_cover(b"no cover") && !is_plain_cover(b""));
        let comment = |bytes: &[u8]| format!("METADATA_BLOCK_PICTURE={}", STANDARD.encode(bytes));
        assert!(is_kept(comment(&held).as_bytes()) && !is_kept(comment(&telling).as_bytes()));
    }
}
