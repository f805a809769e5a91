//! HEIF and AVIF (ISO/IEC 23008-12): pictures in boxes. What they say of themselves lies beside the picture as items of a kind of
//! its own, Exif and XMP; which side is up is said elsewhere.

use std::ops::Range;

use super::{
    boxes::child,
    edit::{Edits, Numbers, Source, Unclean},
};

/// What is needed of the items: all kinds but these.
const TELLING: [&[u8]; 3] = [b"Exif", b"mime", b"uri "];

/// Whether a `meta` box is the list of a picture's items.
pub fn is_picture(source: &mut Source, body: Range<u64>) -> Result<bool, Unclean> {
    let inner = body.start.saturating_add(4)..body.end;
    let handler = child(source, inner, b"hdlr")?.filter(|handler| handler.end - handler.start >= 12);
    Ok(handler.map(|handler| source.bytes(handler.start + 8)).transpose()? == Some(*b"pict"))
}

/// Blanks what the items that are no part of the picture hold.
pub fn clean(source: &mut Source, body: Range<u64>, edits: &mut Edits) -> Result<(), Unclean> {
    let inner = body.start + 4..body.end;
    let mut part = |kind| child(source, inner.clone(), kind)?.map(|body| source.part(body)).transpose();
    let (items, places) = (part(b"iinf")?, part(b"iloc")?);
    let data = child(source, inner, b"idat")?;
    let telling = items.as_deref().map_or(Some(Vec::new()), telling).ok_or(Unclean::Media)?;
    let places = places.as_deref().map_or(Some(Vec::new()), places_of).ok_or(Unclean::Media)?;
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
        edits.blank(place(range.start)..end);
    }
    Ok(())
}

/// The items that tell something (§8.11.6 of ISO/IEC 14496-12).
fn telling(table: &[u8]) -> Option<Vec<u64>> {
    let mut rest = Numbers(table);
    let is_short = rest.big(4)? >> 24 == 0;
    let count = rest.big(if is_short { 2 } else { 4 })?;
    let mut telling = Vec::new();
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
            telling.push(item);
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
        boxes::test_boxes::{boxed, handler, table},
        fixture::{SECRET, broken, cleaned, contains, without_secret},
        *,
    };

    const SEEN: &[u8] = b"pixels of it";

    fn entry(item: u8, kind: &[u8]) -> Vec<u8> {
        boxed(b"infe", &[&[2, 0, 0, 0, 0, item, 0, 0], kind, b"\0"])
    }

    /// A picture with two items, of which one tells something: in the file, or beside its list.
    fn picture(kind: &[u8], is_beside: bool) -> Vec<u8> {
        let ftyp = boxed(b"ftyp", &[b"heic\0\0\0\0"]);
        let mdat = boxed(b"mdat", &[SEEN, SECRET]);
        let at = u32::try_from(ftyp.len() + 8).unwrap();
        let place = |item: u8, way: u8, at: u32, length: usize| {
            let numbers = [at.to_be_bytes(), u32::try_from(length).unwrap().to_be_bytes()].concat();
            [vec![0, item, 0, way, 0, 0, 0, 1], numbers].concat()
        };
        let seen = u32::try_from(SEEN.len()).unwrap();
        let (way, telling) = if is_beside { (1, 0) } else { (0, at + seen) };
        let iloc = boxed(
            b"iloc",
            &[&[1, 0, 0, 0, 0x44, 0, 0, 2], &place(1, 0, at, SEEN.len()), &place(2, way, telling, SECRET.len())],
        );
        let iinf = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 2], &entry(1, b"hvc1"), &entry(2, kind)]);
        let data = boxed(b"idat", &[if is_beside { SECRET } else { b"other" }]);
        let meta = boxed(b"meta", &[&[0; 4], &handler(b"pict"), &iinf, &iloc, &data]);
        if is_beside { [ftyp, boxed(b"mdat", &[SEEN]), meta].concat() } else { [ftyp, mdat, meta].concat() }
    }

    #[test]
    fn what_a_picture_tells_beside_itself_does_not_leave() {
        for bytes in [picture(b"Exif", false), picture(b"mime", false), picture(b"Exif", true)] {
            let clean = without_secret(&bytes);
            assert!(contains(&clean, SEEN) && contains(&clean, b"pict"));
            broken(&bytes);
        }
        let telling_nothing = picture(b"hvc1", false);
        assert_eq!(cleaned(&telling_nothing).unwrap(), telling_nothing);
        let film = table(b"meta", &[0; 9]);
        assert!(matches!(cleaned(&[boxed(b"ftyp", &[b"isom\0\0\0\0"]), film].concat()), Err(Unclean::Media)));
    }
}
