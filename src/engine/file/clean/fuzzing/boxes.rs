//! Films and pictures made of boxes, by a script.

use super::{
    super::fixture::{
        SECRET, SEEN,
        boxes::{apple, boxed, itunes, picture, table, tag, track},
    },
    script::{PNG, Script},
};

impl Script<'_> {
    /// What is needed nowhere, as long as a box may say how long it is.
    fn telling_box(&mut self) -> Vec<u8> {
        let kind = self.choose(&[*b"uuid", *b"free", *b"skip", *b"udta", *b"abcd", *b"\xa9xyz", *b"XMP_", *b"meta"]);
        match kind {
            [b'm', ..] => apple(),
            [b'u', b'd', ..] => self.user_data(),
            _ if self.seldom(3) => {
                let body = self.telling();
                let size = (body.len() as u64 + 16).to_be_bytes();
                [b"\0\0\0\x01", &kind[..], &size, body].concat()
            }
            _ => boxed(&kind, &[self.telling()]),
        }
    }

    fn user_data(&mut self) -> Vec<u8> {
        match self.pick(3) {
            0 => boxed(
                b"udta",
                &[&self.some(2, |script| {
                    let kind = script.choose(&[b"\xa9xyz", b"loci", b"\xa9day", b"meta"]);
                    boxed(kind, &[&[0; 4], script.telling()])
                })],
            ),
            1 => boxed(b"udta", &[&boxed(b"\xa9xyz", &[SECRET]), &[0; 4]]),
            _ => {
                let tags = self.some(4, |script| match script.pick(5) {
                    0 => tag(b"\xa9nam", b"A walk"),
                    1 => tag(b"covr", &PNG),
                    2 => tag(b"covr", &[b"\xff\xd8\xff\xfe\0\x0d", SECRET, b"\xff\xd9"].concat()),
                    3 => tag(b"----", script.telling()),
                    _ => tag(b"\xa9cmt", script.telling()),
                });
                itunes(&[&tags])
            }
        }
    }

    pub fn film(&mut self) -> Vec<u8> {
        let mut bytes = boxed(b"ftyp", &[self.choose(&[&b"isom\0\0\0\0"[..], b"qt  \0\0\0\0", b"3gp4\0\0\0\0"])]);
        let has_places = self.seldom(3);
        let is_first = self.seldom(2);
        let before = self.some(2, Self::telling_box);
        // It is as long wherever the samples lie.
        let length = if is_first { self.clone().movie(has_places, 0).len() } else { 0 };
        let at = u32::try_from(bytes.len() + before.len() + length + 8).expect("it is short");
        let movie = self.movie(has_places, at);
        let mdat = boxed(b"mdat", &[SEEN, if has_places { SECRET } else { b"" }]);
        bytes.extend(if is_first { [before, movie, mdat].concat() } else { [before, mdat, movie].concat() });
        bytes.extend(self.some(3, Self::telling_box));
        match self.pick(4) {
            1 if !has_places => {
                bytes.extend(boxed(b"moof", &[&table(b"mfhd", &[1]), &boxed(b"traf", &[])]));
                bytes.extend(boxed(b"mdat", &[SEEN]));
            }
            2 => bytes.extend([&[0xff, 0xff, 0xff, 0xff], self.telling()].concat()),
            3 => bytes.extend([&b"\0\0\0\0free"[..], self.telling()].concat()),
            _ => {}
        }
        bytes
    }

    fn movie(&mut self, has_places: bool, at: u32) -> Vec<u8> {
        // It begins with when it was made.
        let mut inner = boxed(b"mvhd", &[&[0; 4], SECRET, &[7; 85]]);
        inner.extend(self.some(2, Self::telling_box));
        let beside = self.some(2, Self::telling_box);
        let kind = self.choose(&[b"vide", b"soun", b"text"]);
        inner.extend(track(kind, at, [10, 4], &beside));
        if has_places {
            let kind = self.choose(&[b"meta", b"camm", b"gpmd"]);
            inner.extend(track(kind, at + u32::try_from(SEEN.len()).expect("it is short"), [5, 6], b""));
        }
        inner.extend(self.some(2, Self::telling_box));
        boxed(b"moov", &[&inner])
    }

    pub fn item_picture(&mut self) -> Vec<u8> {
        let kind = self.choose(&[b"Exif", b"mime", b"uri "]);
        let is_beside = self.seldom(2);
        let more = self.some(2, |script| match script.pick(3) {
            0 => boxed(b"iprp", &[&boxed(b"ipco", &[&boxed(b"udes", &[&[0; 4], script.telling()])])]),
            1 => boxed(b"xml ", &[&[0; 4], script.telling()]),
            _ => boxed(script.choose(&[b"uuid", b"free", b"udta", b"skip"]), &[script.telling()]),
        });
        let mut bytes = picture(kind, is_beside, &more);
        bytes.extend(self.some(2, Self::telling_box));
        bytes
    }
}
