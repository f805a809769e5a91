//! What must hold of a file before it leaves, whatever it is: it is refused, or it is no longer than before and clean; and of one
//! that is made by the letter of its kind, nothing that tells is left, and all that is seen and heard is. Others may guess at what
//! is broken, by what is taken out of it.

mod boxes;
mod script;

use std::io::Cursor;

use image::{ImageDecoder, ImageReader, metadata::Orientation};

use self::script::{Made, Script};
use super::{
    edit::Unclean,
    fixture::{SECRET, SEEN, cleaned, contains, telling},
    picture,
};

/// Pictures larger than this are not looked at: it takes too long.
const MAX_SIDE: u32 = 64;
/// A picture that is turned may say so in more bytes than before; and a broken chunk is filled up.
const MAX_GROWTH: usize = 64;

/// Files that have something to hide.
pub fn seeds() -> Vec<Vec<u8>> {
    telling()
}

/// Takes bytes for a file, and for a script by which one is made.
///
/// # Panics
/// Where it is not cleaned as it must be.
pub fn clean(data: &[u8]) {
    let _ = sent(data);
    let Made { bytes, is_picture } = Script::new(data).file();
    let clean = sent(&bytes).unwrap_or_else(|| panic!("what is sound is refused: {}", shown(&bytes)));
    assert!(!contains(&clean, SECRET), "it tells where it was made: {} became {}", shown(&bytes), shown(&clean));
    if is_picture {
        let [before, after] = [&bytes, &clean].map(|bytes| Seen::of(bytes).map(|seen| (seen.turned, seen.pixels)));
        assert!(before.as_ref().is_some_and(|(_, pixels)| pixels.is_some()), "no picture was made: {}", shown(&bytes));
        assert!(before == after, "it looks different: {} became {}", shown(&bytes), shown(&clean));
    } else {
        assert!(contains(&clean, SEEN), "what was to be seen is gone: {} became {}", shown(&bytes), shown(&clean));
    }
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// What leaves; none where nothing does.
fn sent(bytes: &[u8]) -> Option<Vec<u8>> {
    let clean = match cleaned(bytes) {
        Ok(clean) => clean,
        Err(Unclean::Picture | Unclean::Media) => return None,
        Err(Unclean::Io(error)) => panic!("{error}: {}", shown(bytes)),
    };
    match cleaned(&clean) {
        Ok(again) => assert!(again == clean, "what was cleaned is clean: {} became {}", shown(&clean), shown(&again)),
        Err(error) => panic!("{error}: {} became {}", shown(bytes), shown(&clean)),
    }
    if picture::is_one(bytes) {
        assert!(clean.len() <= bytes.len() + MAX_GROWTH);
        // A reader that is not ours.
        if let Some(seen) = Seen::of(&clean) {
            assert!(!seen.tells, "{}", shown(&clean));
        }
    }
    Some(clean)
}

/// A picture as others see it.
struct Seen {
    turned: Orientation,
    pixels: Option<Vec<u8>>,
    /// It says something beside which side is up.
    tells: bool,
}

impl Seen {
    fn of(bytes: &[u8]) -> Option<Self> {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
        let mut decoder = reader.into_decoder().ok()?;
        let (width, height) = decoder.dimensions();
        if width > MAX_SIDE || height > MAX_SIDE {
            return None;
        }
        let exif = decoder.exif_metadata().ok().flatten();
        let is_telling = exif.is_some_and(|exif| (1..=8).all(|turned| exif[..] != picture::exif(turned)));
        let beside = [decoder.xmp_metadata(), decoder.iptc_metadata()];
        let tells = is_telling || beside.into_iter().any(|said| said.is_ok_and(|said| said.is_some()));
        let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let length = usize::try_from(decoder.total_bytes()).ok()?;
        let mut pixels = vec![0; length];
        let is_whole = decoder.read_image(&mut pixels).is_ok();
        Some(Self { turned, pixels: is_whole.then_some(pixels), tells })
    }
}
