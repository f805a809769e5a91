//! MP4, M4A, 3GP (ISO/IEC 14496-12) and `QuickTime` (its File Format, 2001): boxes in boxes. What is not needed to play them
//! becomes a `free` box of the same length with nothing in it. So the places of the samples stay what they are.
//!
//! A place stands in `udta` (`©xyz`; 3GPP's `loci`, TS 26.244 §8), in `meta` with keys of Apple's, in `uuid` boxes (XMP and what
//! makers of cameras thought of), or in a track of its own that runs beside the film.

use std::ops::Range;

use super::{
    boxes::{self, Found, Kind, at, child},
    edit::{Edits, Source, Unclean},
    item, said, samples,
};

/// Tracks that are seen, heard or read, and those that say how others are to be shown (registered handlers, mp4ra.org).
const HANDLERS: [&Kind; 11] =
    [b"vide", b"soun", b"text", b"sbtl", b"subt", b"subp", b"clcp", b"tmcd", b"auxv", b"pict", b"hint"];
/// What may be said of a piece (see `said`), as iTunes writes it.
const TAGS: [&Kind; 13] = [
    b"\xa9nam", b"\xa9ART", b"aART", b"\xa9alb", b"\xa9gen", b"gnre", b"\xa9wrt", b"trkn", b"disk", b"cpil", b"tmpo",
    b"pgap", b"stik",
];
/// What files begin with, also those that are older than `ftyp`.
const BEGINS: [&Kind; 8] = [b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

/// Where a box stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    File,
    Movie,
    Track,
    Media,
    MediaInformation,
    SampleTable,
    Fragment,
    TrackFragment,
    UserData,
    Tags,
}

enum Fate {
    Stays,
    /// Has boxes in it.
    Opened(Place),
    /// Stays without the times that it begins with.
    Timeless,
    Goes,
}

/// Whether a file of this length that begins so is one.
pub fn is_one(start: &[u8], len: u64) -> bool {
    let (Some(size), Some(kind)) = (start.first_chunk::<4>(), start.get(4..8)) else { return false };
    // What it begins with are words, too: these have a size that no box has.
    let size = u64::from(u32::from_be_bytes(*size));
    BEGINS.iter().any(|begins| *begins == kind) && (size <= 1 || (8..=len).contains(&size))
}

pub fn clean(source: &mut Source, edits: &mut Edits) -> Result<(), Unclean> {
    let (data, lost) = (Vec::new(), Vec::new());
    let mut cleaner = Cleaner { edits, is_known: false, has_fragments: false, has_lost_tracks: false, data, lost };
    let whole = 0..source.len();
    cleaner.boxes(source, whole, Place::File)?;
    // Samples in fragments are found another way. Nobody films so and notes places beside.
    let is_hidden = cleaner.has_fragments && cleaner.has_lost_tracks;
    if is_hidden || !cleaner.is_known { Err(Unclean::Media) } else { cleaner.lose() }
}

struct Cleaner<'e> {
    edits: &'e mut Edits,
    /// A header has come, or a list of items: what it is.
    is_known: bool,
    has_fragments: bool,
    has_lost_tracks: bool,
    /// What is for samples and items, in the order of the file.
    data: Vec<Range<u64>>,
    /// What of it tells.
    lost: Vec<Range<u64>>,
}

impl Cleaner<'_> {
    /// As deep as places lie in each other.
    fn boxes(&mut self, source: &mut Source, range: Range<u64>, place: Place) -> Result<(), Unclean> {
        let mut next = range.start;
        while next < range.end {
            let Some(mut found) = at(source, next, range.end)? else { break };
            if found.body.end > range.end {
                // A file that breaks off in its samples is played as far as it goes.
                if place != Place::File || found.kind != *b"mdat" {
                    break;
                }
                found.body.end = range.end;
            }
            next = found.body.end;
            self.one(source, &found, place)?;
        }
        if next == range.end {
            return Ok(());
        }
        match place {
            // What follows the end is no film.
            Place::File if self.is_known => self.free(next..range.end),
            Place::File => return Err(Unclean::Media),
            // Nothing here is needed.
            Place::UserData | Place::Tags => self.free(next..range.end),
            // QuickTime ends a list with a zero.
            _ if range.end - next < 8 => self.edits.blank(next..range.end),
            _ => return Err(Unclean::Media),
        }
        Ok(())
    }

    fn one(&mut self, source: &mut Source, found: &Found, place: Place) -> Result<(), Unclean> {
        let (kind, body) = (&found.kind, found.body.clone());
        match (place, kind) {
            (Place::File, b"meta") if item::is_picture(source, body.clone())? => {
                self.is_known = true;
                if let Some(data) = child(source, body.start + 4..body.end, b"idat")? {
                    self.data.push(data);
                }
                self.lost.extend(item::clean(source, body, self.edits)?);
                return Ok(());
            }
            // A header that is compressed: nobody has made any for twenty years.
            (Place::Movie, b"cmov") => return Err(Unclean::Media),
            (Place::Movie, b"trak") if !is_known(source, body.clone())? => {
                self.has_lost_tracks = true;
                self.lost.extend(samples::of_track(source, body)?);
                self.goes(found);
                return Ok(());
            }
            (Place::UserData, b"meta") => return self.tags(source, found),
            (Place::Tags, b"covr") => {
                if !said::is_plain_cover(&source.part(body).unwrap_or_default()) {
                    self.goes(found);
                }
                return Ok(());
            }
            _ => {}
        }
        if place == Place::File && matches!(kind, b"mdat" | b"free" | b"skip" | b"wide") {
            self.data.push(body.clone());
        }
        self.is_known |= kind == b"moov" || kind == b"moof";
        self.has_fragments |= kind == b"moof";
        match fate(place, *kind) {
            Fate::Stays => {}
            Fate::Opened(inner) => self.boxes(source, body, inner)?,
            Fate::Timeless => {
                // Creation and modification (ISO/IEC 14496-12 §8.2.2, §8.3.2, §8.4.2): longer in version 1.
                let [version] = source.bytes(body.start)?;
                let end = body.start + if version == 1 { 20 } else { 12 };
                if end > body.end {
                    return Err(Unclean::Media);
                }
                self.edits.blank(body.start + 4..end);
            }
            Fate::Goes => self.goes(found),
        }
        Ok(())
    }

    /// What iTunes and others write: a `meta` whose handler is `mdir`, with tags in `ilst`.
    fn tags(&mut self, source: &mut Source, found: &Found) -> Result<(), Unclean> {
        // A full box, which has a version (ISO/IEC 14496-12 §8.11.1).
        let inner = found.body.start.saturating_add(4)..found.body.end;
        if boxes::handler(source, inner.clone())? != Some(*b"mdir") {
            self.goes(found);
            return Ok(());
        }
        let mut next = inner.start;
        while let Some(tag) = at(source, next, inner.end)?.filter(|tag| tag.body.end <= inner.end) {
            match &tag.kind {
                b"hdlr" => {}
                b"ilst" => self.boxes(source, tag.body.clone(), Place::Tags)?,
                _ => self.goes(&tag),
            }
            next = tag.body.end;
        }
        self.free(next..inner.end);
        Ok(())
    }

    fn goes(&mut self, found: &Found) {
        boxes::free(found, self.edits);
    }

    /// Makes a box of what is none.
    fn free(&mut self, range: Range<u64>) {
        boxes::fill(range, self.edits);
    }

    /// Blanks the samples and items that tell. Tables that lead anywhere else would take the film apart.
    fn lose(self) -> Result<(), Unclean> {
        for range in self.lost.into_iter().filter(|range| !range.is_empty()) {
            let before = self.data.partition_point(|data| data.start <= range.start);
            let data = before.checked_sub(1).map(|n| &self.data[n]);
            if data.is_none_or(|data| data.end < range.end) {
                return Err(Unclean::Media);
            }
            self.edits.blank(range);
        }
        Ok(())
    }
}

/// Whether a track is one that is seen, heard or read.
fn is_known(source: &mut Source, track: Range<u64>) -> Result<bool, Unclean> {
    let Some(media) = child(source, track, b"mdia")? else { return Ok(false) };
    Ok(boxes::handler(source, media)?.is_some_and(|kind| HANDLERS.contains(&&kind)))
}

/// What a box is needed for where it stands; what is not known here goes.
fn fate(place: Place, kind: Kind) -> Fate {
    let stays: &[&Kind] = match (place, &kind) {
        (Place::File, b"moov") => return Fate::Opened(Place::Movie),
        (Place::File, b"moof") => return Fate::Opened(Place::Fragment),
        (Place::Movie, b"trak") => return Fate::Opened(Place::Track),
        (Place::Movie, b"udta") => return Fate::Opened(Place::UserData),
        (Place::Track, b"mdia") => return Fate::Opened(Place::Media),
        (Place::Media, b"minf") => return Fate::Opened(Place::MediaInformation),
        (Place::MediaInformation, b"stbl") => return Fate::Opened(Place::SampleTable),
        (Place::Fragment, b"traf") => return Fate::Opened(Place::TrackFragment),
        (Place::Movie, b"mvhd") | (Place::Track, b"tkhd") | (Place::Media, b"mdhd") => return Fate::Timeless,
        (Place::File, _) => &[b"ftyp", b"styp", b"mdat", b"sidx", b"ssix", b"mfra"],
        (Place::Movie, _) => &[b"mvex", b"iods"],
        (Place::Track, _) => &[b"edts", b"tref", b"tapt", b"trgr"],
        (Place::Media, _) => &[b"hdlr", b"elng"],
        (Place::MediaInformation, _) => &[b"vmhd", b"smhd", b"hmhd", b"nmhd", b"gmhd", b"sthd", b"dinf", b"hdlr"],
        (Place::SampleTable, _) => &[
            b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stsh", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stdp",
            b"stps", b"padb", b"sdtp", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio",
        ],
        (Place::Fragment, _) => &[b"mfhd"],
        (Place::TrackFragment, _) => {
            &[b"tfhd", b"tfdt", b"trun", b"sdtp", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio", b"senc"]
        }
        (Place::UserData, _) => &[],
        (Place::Tags, _) => &TAGS,
    };
    if stays.contains(&&kind) { Fate::Stays } else { Fate::Goes }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{SECRET, SEEN, boxes::*, broken, cleaned, contains, without_secret},
        *,
    };

    #[test]
    fn wherever_a_film_has_its_place_it_does_not_leave() {
        let place = user_data();
        let loci = boxed(b"udta", &[&boxed(b"loci", &[&[0; 6], SECRET])]);
        let xmp = boxed(b"uuid", &[&[0xbe; 16], b"<x:xmpmeta>", SECRET]);
        let cases: [(&str, Vec<u8>); 8] = [
            ("udta", film(&[&place], b"")),
            ("loci", film(&[&loci], b"")),
            ("keys", film(&[&apple()], b"")),
            ("uuid", film(&[&xmp], b"")),
            ("a track's udta", film(&[], &place)),
            ("a track's meta", film(&[], &apple())),
            ("in the file", [film(&[], b""), xmp, boxed(b"free", &[SECRET])].concat()),
            ("after the end", [film(&[], b""), b"nothing that is a box".to_vec(), SECRET.to_vec()].concat()),
        ];
        for (name, bytes) in cases {
            let clean = without_secret(&bytes);
            assert!(contains(&clean, SEEN), "{name}");
            // It is where it was, so that what points to it is right.
            assert_eq!(clean[..40], film(&[], b"")[..40], "{name}");
        }
    }

    #[test]
    fn when_a_film_was_made_does_not_leave() {
        let clean = cleaned(&film(&[], b"")).unwrap();
        for (kind, at) in [(b"mvhd", 8), (b"tkhd", 8), (b"mdhd", 8)] {
            let start = clean.windows(4).position(|window| window == kind).unwrap();
            assert_eq!(clean[start + at..start + at + 8], [0; 8]);
            assert_eq!(clean[start + at + 8..start + at + 12], [0, 0, 0, 7]);
        }
    }

    #[test]
    fn a_track_of_places_goes_with_its_samples() {
        let bytes = tracked();
        let clean = without_secret(&bytes);
        assert!(contains(&clean, &[SEEN, &[0; 11], SEEN].concat()) && !contains(&clean, b"meta"));
        // Where nothing but the film itself is.
        let place = bytes.len() - 1;
        assert!(bytes[..=place].ends_with(&[0, 0, 0, 1, 0, 0, 0, 38]), "where its samples lie");
        let mut astray = bytes.clone();
        astray[place] = 2;
        assert!(matches!(cleaned(&astray), Err(Unclean::Media)));
        // In fragments they can't be found.
        let fragment = boxed(b"moof", &[&table(b"mfhd", &[1])]);
        assert!(matches!(cleaned(&[bytes.clone(), fragment].concat()), Err(Unclean::Media)));
        broken(&bytes);
    }

    #[test]
    fn a_song_keeps_its_name() {
        let cover = crate::engine::avatar::picture::samples::encoded(8, 8, image::ImageFormat::Png);
        let telling = [&b"\xff\xd8\xff\xfe\0\x0d"[..], SECRET, b"\xff\xd9"].concat();
        let tags = [
            tag(b"\xa9nam", b"A walk"),
            tag(b"\xa9cmt", SECRET),
            tag(b"----", SECRET),
            tag(b"covr", &cover),
            tag(b"covr", &telling),
        ];
        let tags: Vec<&[u8]> = tags.iter().map(Vec::as_slice).collect();
        let bytes = film(&[&itunes(&tags)], b"");
        let clean = without_secret(&bytes);
        assert!(contains(&clean, b"A walk") && contains(&clean, &cover));
        broken(&bytes);
    }

    #[test]
    fn what_is_written_badly_is_clean_at_once() {
        // Nothing that is a box stands behind the tags, at the end of the file.
        let meta = boxed(b"meta", &[&[0; 4], &handler(b"mdir"), &[0xff; 4], SECRET]);
        without_secret(&film(&[&boxed(b"udta", &[&meta])], b""));
        // What would be the handler's is another's.
        let short = boxed(b"hdlr", &[&[0; 4]]);
        let meta = boxed(b"meta", &[&[0; 4], &short, b"mdir", SECRET]);
        without_secret(&film(&[&boxed(b"udta", &[&meta])], b""));
        let without = boxed(b"trak", &[&boxed(b"mdia", &[&short, &boxed(b"vide", &[SECRET])])]);
        without_secret(&film(&[&without], b""));
    }

    #[test]
    fn a_film_that_has_nothing_to_hide_stays_as_it_is() {
        let timeless = cleaned(&film(&[], b"")).unwrap();
        assert_eq!(cleaned(&timeless).unwrap(), timeless);
        let fragments =
            [boxed(b"moof", &[&table(b"mfhd", &[1]), &boxed(b"traf", &[])]), boxed(b"mdat", &[SEEN])].concat();
        let bytes = [timeless, fragments].concat();
        assert_eq!(cleaned(&bytes).unwrap(), bytes);
    }

    #[test]
    fn sizes_may_be_long_or_left_out() {
        let ftyp = boxed(b"ftyp", &[b"isom\0\0\0\0"]);
        let mut wide = [b"\0\0\0\x01uuid".to_vec(), 27_u64.to_be_bytes().to_vec(), SECRET.to_vec()].concat();
        let moov = boxed(b"moov", &[&table(b"mvhd", &[7; 24])]);
        let open = [b"\0\0\0\0mdat".to_vec(), SEEN.to_vec()].concat();
        let clean = without_secret(&[ftyp.clone(), wide.clone(), moov.clone(), open].concat());
        assert!(contains(&clean, SEEN) && contains(&clean, b"\0\0\0\x01free"));
        wide[8..16].copy_from_slice(&u64::MAX.to_be_bytes());
        assert!(matches!(cleaned(&[ftyp.clone(), wide.clone()].concat()), Err(Unclean::Media)));
        // After the header it is no film any more.
        without_secret(&[ftyp, moov, wide].concat());
    }

    #[test]
    fn what_can_not_be_taken_apart_is_refused() {
        for bytes in [
            boxed(b"ftyp", &[b"isom\0\0\0\0"]),
            boxed(b"moov", &[&boxed(b"cmov", &[SECRET])]),
            boxed(b"moov", &[&boxed(b"mvhd", &[b"\0\0"])]),
            boxed(b"moov", &[b"\0\0\0\x04abcdefgh"]),
        ] {
            assert!(matches!(cleaned(&bytes), Err(Unclean::Media)), "{:?}", String::from_utf8_lossy(&bytes));
        }
        // A text.
        for text in [&b"The wide world"[..], b"The ftyp box"] {
            assert_eq!(cleaned(text).unwrap(), text);
        }
    }

    #[test]
    fn a_film_that_breaks_off_harms_nobody() {
        let place = user_data();
        broken(&film(&[&place, &apple()], &place));
    }
}
