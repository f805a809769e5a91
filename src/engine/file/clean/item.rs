//! HEIF and AVIF (ISO/IEC 23008-12): pictures in boxes. What they say of themselves lies beside the picture as items of a kind of
//! its own, Exif and XMP; which side is up is said elsewhere.

use std::{collections::HashSet, ops::Range};

use super::{
    boxes::{self, Found, Kind, at, child},
    edit::{Edits, Numbers, Source, Unclean},
};

/// What is needed of the items: all kinds but these.
const TELLING: [&[u8]; 3] = [b"Exif", b"mime", b"uri "];
/// What is needed of the list: which items there are, where they lie and how they belong together.
const STAYS: [&[u8; 4]; 10] =
    [b"hdlr", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat", b"dinf", b"grpl", b"ipro"];
/// The properties, and which item has which.
const PROPERTIES: [&[u8; 4]; 2] = [b"ipco", b"ipma"];
/// What is needed of the properties: all but a description, when it was made and changed, and what makers thought of.
const TELLING_PROPERTIES: [&[u8; 4]; 5] = [b"udes", b"altt", b"crtt", b"mdft", b"uuid"];

/// Whether a `meta` box is the list of a picture's items.
pub fn is_picture(source: &mut Source, body: Range<u64>) -> Result<bool, Unclean> {
    Ok(boxes::handler(source, body.start.saturating_add(4)..body.end)? == Some(*b"pict"))
}

/// Blanks what stands beside the items, and finds where those lie that are no part of the picture.
pub fn clean(source: &mut Source, body: Range<u64>, edits: &mut Edits) -> Result<Vec<Range<u64>>, Unclean> {
    let list = body.start + 4..body.end;
    for properties in row(source, list.clone(), edits, |kind| STAYS.contains(&kind))? {
        if properties.kind == *b"iprp" {
            for found in row(source, properties.body, edits, |kind| PROPERTIES.contains(&kind))? {
                if found.kind == *b"ipco" {
                    row(source, found.body, edits, |kind| !TELLING_PROPERTIES.contains(&kind))?;
                }
            }
        }
    }
    telling_items(source, list)
}

/// Leaves of boxes in a row those that stay, which are returned; the others keep their places, by which they are counted.
fn row(
    source: &mut Source,
    range: Range<u64>,
    edits: &mut Edits,
    stays: impl Fn(&Kind) -> bool,
) -> Result<Vec<Found>, Unclean> {
    let mut all = Vec::new();
    let mut next = range.start;
    while let Some(found) = at(source, next, range.end)?.filter(|found| found.body.end <= range.end) {
        next = found.body.end;
        if stays(&found.kind) {
            all.push(found);
        } else {
            boxes::free(&found, edits);
        }
    }
    boxes::fill(next..range.end, edits);
    Ok(all)
}

/// Where the items lie that are no part of the picture.
fn telling_items(source: &mut Source, inner: Range<u64>) -> Result<Vec<Range<u64>>, Unclean> {
    let mut part = |kind| child(source, inner.clone(), kind)?.map(|body| source.part(body)).transpose();
    let (items, places) = (part(b"iinf")?, part(b"iloc")?);
    let data = child(source, inner, b"idat")?;
    let telling = items.as_deref().map_or(Some(HashSet::new()), telling).ok_or(Unclean::Media)?;
    let places = places.as_deref().map_or(Some(Vec::new()), places_of).ok_or(Unclean::Media)?;
    let mut found = Vec::new();
    for (item, base, range) in places {
        if !telling.contains(&item) {
            continue;
        }
        let (start, most) = match (base, &data) {
            (Base::File, _) => (0, source.len()),
            (Base::Data, Some(data)) => (data.start, data.end),
            (Base::Data | Base::Item, _) => return Err(Unclean::Media),
        };
        let place = |at: u64| start.saturating_add(at).min(most);
        // No length is all there is.
        let end = if range.is_empty() { most } else { place(range.end) };
        found.push(place(range.start)..end);
    }
    Ok(found)
}

/// The items that tell something (§8.11.6 of ISO/IEC 14496-12).
fn telling(table: &[u8]) -> Option<HashSet<u64>> {
    let mut rest = Numbers(table);
    let is_short = rest.big(4)? >> 24 == 0;
    let count = rest.big(if is_short { 2 } else { 4 })?;
    let mut telling = HashSet::new();
    for _ in 0..count {
        let size = usize::try_from(rest.big(4)?).ok()?;
        let mut entry = Numbers(rest.take(size.checked_sub(4)?)?);
        if entry.take(4)? != b"infe" {
            continue;
        }
        let version = entry.big(4)? >> 24;
        let item = entry.big(if version >= 3 { 4 } else { 2 })?;
        entry.big(2)?;
        // Before version 2 items have a media type, and are none of a picture's.
        if version < 2 || TELLING.contains(&entry.take(4)?) {
            telling.insert(item);
        }
    }
    Some(telling)
}

/// What a place is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    File,
    /// The `idat` box.
    Data,
    Item,
}

/// Where items lie (§8.11.3).
fn places_of(table: &[u8]) -> Option<Vec<(u64, Base, Range<u64>)>> {
    let mut rest = Numbers(table);
    let version = rest.big(4)? >> 24;
    let sizes = rest.big(2)?;
    let size = |shift: u32| usize::try_from(sizes >> shift & 15).ok().filter(|size| *size <= 8);
    let (offset_size, length_size, base_size, index_size) = (size(12)?, size(8)?, size(4)?, size(0)?);
    let mut places = Vec::new();
    for _ in 0..rest.big(if version < 2 { 2 } else { 4 })? {
        let item = rest.big(if version < 2 { 2 } else { 4 })?;
        let base = match if version == 0 { 0 } else { rest.big(2)? & 15 } {
            0 => Base::File,
            1 => Base::Data,
            _ => Base::Item,
        };
        rest.big(2)?;
        let from = rest.big(base_size)?;
        for _ in 0..rest.big(2)? {
            if version > 0 {
                rest.big(index_size)?;
            }
            let start = from.checked_add(rest.big(offset_size)?)?;
            let length = rest.big(length_size)?;
            // A table without numbers would go on for ever.
            if offset_size + length_size == 0 && !places.is_empty() {
                return None;
            }
            places.push((item, base, start..start.checked_add(length)?));
        }
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::super::{
        fixture::{
            SECRET, SEEN,
            boxes::{boxed, picture, table},
            broken, cleaned, contains, without_secret,
        },
        *,
    };

    #[test]
    fn items_lie_where_data_lie() {
        let bytes = picture(b"Exif", false, b"");
        let place = bytes.windows(8).position(|window| window == b"\0\x02\0\0\0\0\0\x01").unwrap() + 8;
        // Over the beginning of the file, and over the list itself.
        for at in [0, 4, u8::try_from(bytes.len() - 20).unwrap()] {
            let mut astray = bytes.clone();
            astray[place + 3] = at;
            assert!(matches!(cleaned(&astray), Err(Unclean::Media)), "{at}");
        }
    }

    #[test]
    fn what_a_picture_tells_beside_itself_does_not_leave() {
        for bytes in [picture(b"Exif", false, b""), picture(b"mime", false, b""), picture(b"Exif", true, b"")] {
            let clean = without_secret(&bytes);
            assert!(contains(&clean, SEEN) && contains(&clean, b"pict"));
            broken(&bytes);
        }
        // What stands beside the items.
        let description = boxed(b"iprp", &[&boxed(b"ipco", &[&boxed(b"ispe", &[SEEN]), &boxed(b"udes", &[SECRET])])]);
        for beside in [description, boxed(b"xml ", &[SECRET]), boxed(b"uuid", &[SECRET]), b"0123SECRETPLACE".to_vec()] {
            let bytes = picture(b"hvc1", false, &beside);
            let bytes = [&bytes[..38], &[0; 11], &bytes[49..]].concat();
            assert!(contains(&bytes, SEEN));
            without_secret(&bytes);
        }
        let telling_nothing = picture(b"hvc1", false, b"");
        assert_eq!(cleaned(&telling_nothing).unwrap(), telling_nothing);
        let film = table(b"meta", &[0; 9]);
        assert!(matches!(cleaned(&[boxed(b"ftyp", &[b"isom\0\0\0\0"]), film].concat()), Err(Unclean::Media)));
    }
}
