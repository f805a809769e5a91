//! Makes a file of any bytes, by the letter of its kind: what is seen and heard in it is known, and so is what tells.

use std::sync::LazyLock;

use image::ImageFormat;

use super::super::{
    fixture::{
        SECRET, SEEN,
        matroska::{self, element, open},
        picture::{png_chunk, segment, telltale},
        riff::chunk,
        sound::{self, FRAME, STREAMS, ape_tag, block, comments, frame, old_tag, page, tag},
    },
    matroska::{ATTACHMENTS, CLUSTER, INFO, SEEK_HEAD, SEGMENT, TAGS, TRACKS, VOID},
    ogg, picture,
};
use crate::engine::avatar::picture::samples::encoded;

/// What tells, as one file may have it beside another.
const TELLING: [&[u8]; 4] = [SECRET, b"<x:xmpmeta>SECRETPLACE", b"\0\0\0\x10SECRETPLACE", b"SECRETPLACE\0\0"];

static JPEG: LazyLock<Vec<u8>> = LazyLock::new(|| encoded(24, 16, ImageFormat::Jpeg));
pub static PNG: LazyLock<Vec<u8>> = LazyLock::new(|| encoded(24, 16, ImageFormat::Png));
static WEBP: LazyLock<Vec<u8>> = LazyLock::new(|| encoded(24, 16, ImageFormat::WebP));

/// A file.
pub struct Made {
    pub bytes: Vec<u8>,
    /// It can be looked at; in what is none stands [`SEEN`].
    pub is_picture: bool,
}

#[derive(Clone)]
pub struct Script<'d> {
    bytes: &'d [u8],
}

impl<'d> Script<'d> {
    pub fn new(bytes: &'d [u8]) -> Self {
        Self { bytes }
    }

    /// The first of what there is to choose from, once the bytes are used up.
    pub fn pick(&mut self, below: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % below
    }

    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.pick(from.len())]
    }

    /// Once in so many times.
    pub fn seldom(&mut self, times: usize) -> bool {
        self.pick(times) == times - 1
    }

    pub fn telling(&mut self) -> &'static [u8] {
        self.choose(&TELLING)
    }

    /// Up to so many, one after the other.
    pub fn some(&mut self, most: usize, mut each: impl FnMut(&mut Self) -> Vec<u8>) -> Vec<u8> {
        (0..self.pick(most + 1)).flat_map(|_| each(self)).collect()
    }

    pub fn file(mut self) -> Made {
        let kind = self.pick(10);
        let bytes = match kind {
            0 => self.film(),
            1 => self.item_picture(),
            2 => self.matroska(),
            3 => self.ogg(),
            4 => self.flac(),
            5 => self.mp3(),
            6 => self.riff(),
            7 => self.jpeg(),
            8 => self.png(),
            _ => self.webp(),
        };
        Made { bytes, is_picture: kind >= 7 }
    }

    fn matroska(&mut self) -> Vec<u8> {
        let mut beside = self.some(3, Self::telling_element);
        beside.extend(matroska::info());
        beside.extend(self.some(2, Self::telling_element));
        beside.extend(element(TRACKS, &[b"tracks"]));
        beside.extend(self.some(2, |script| {
            let media_type =
                script.choose(&[&b"image/jpeg"[..], b"text/plain", b"application/gpx+xml", b"application/x-font-ttf"]);
            let held = if media_type.ends_with(b"ttf") { &b"letters"[..] } else { script.telling() };
            element(ATTACHMENTS, &[&matroska::file(media_type, held)])
        }));
        let is_open = self.seldom(2);
        for _ in 0..=self.pick(3) {
            let inner = [element(0xe7, &[&[1]]), element(0xa3, &[SEEN])].concat();
            beside.extend(if is_open { open(CLUSTER, &[&inner]) } else { element(CLUSTER, &[&inner]) });
        }
        if is_open {
            // What else follows may be the cluster's.
            beside.extend(matroska::tags(self.pick(256)));
        }
        beside.extend(self.some(3, Self::telling_element));
        let mut bytes = matroska::header();
        if self.seldom(2) {
            bytes.extend(open(SEGMENT, &[&beside]));
        } else {
            bytes.extend(element(SEGMENT, &[&beside]));
            if self.seldom(2) {
                bytes.extend(self.telling());
            }
        }
        bytes
    }

    fn telling_element(&mut self) -> Vec<u8> {
        let length = self.choose(&[0, 1, 90, 91, 92, 93, 94, 95, 96, 200]);
        match self.pick(6) {
            0 => matroska::tags(length),
            1 => element(VOID, &[self.telling(), &vec![b'x'; length]]),
            2 => element(matroska::CRC, &[self.telling()]),
            3 => element(0x7ba9, &[self.telling()]),
            4 => element(SEEK_HEAD, &[&matroska::seek(INFO), &matroska::seek(TAGS), &element(0xec, &[self.telling()])]),
            _ => element(0x1f12_3456, &[self.telling()]),
        }
    }

    /// One comment: whether it tells is known by its name.
    fn comment(&mut self) -> Vec<u8> {
        let name = self.choose(&[
            "TITLE",
            "artist",
            "LOCATION",
            "GEO_LOCATION",
            "geo-location-latitude",
            "",
            "COMMENT",
            "METADATA_BLOCK_PICTURE",
        ]);
        match name {
            "TITLE" | "artist" => format!("{name}=A walk").into_bytes(),
            "" => [self.telling(), &b"x".repeat(self.pick(256))].concat(),
            _ => [name.as_bytes(), b"=", self.telling(), &b"x".repeat(self.pick(256))].concat(),
        }
    }

    fn comments(&mut self) -> Vec<u8> {
        let all: Vec<Vec<u8>> = (0..self.pick(6)).map(|_| self.comment()).collect();
        let mut bytes = comments(&all.iter().map(Vec::as_slice).collect::<Vec<_>>());
        if self.seldom(3) {
            bytes.extend(self.telling());
        }
        bytes
    }

    fn ogg(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for serial in 1..=u8::try_from(1 + self.pick(3)).unwrap_or(1) {
            let (first, mark) = self.choose(&STREAMS);
            let second = [mark, &self.comments()].concat();
            bytes.extend(page(serial, ogg::BEGINS, &[u8::try_from(first.len()).unwrap_or_default()], first));
            self.pages(serial, &[&second, SEEN], &mut bytes);
        }
        if self.seldom(4) {
            bytes.extend(&self.telling()[..SECRET.len()]);
        }
        bytes
    }

    /// Packets in pages (RFC 3533 §5): pieces of 255 bytes, of which the last of a packet is shorter.
    fn pages(&mut self, serial: u8, packets: &[&[u8]], bytes: &mut Vec<u8>) {
        let (mut lengths, mut body) = (Vec::new(), Vec::new());
        for packet in packets {
            let mut rest = *packet;
            loop {
                let (piece, left) = rest.split_at(rest.len().min(255));
                lengths.push(u8::try_from(piece.len()).unwrap_or(255));
                body.extend(piece);
                rest = left;
                if lengths.len() == 255 || self.seldom(3) {
                    bytes.extend(page(serial, 0, &std::mem::take(&mut lengths), &std::mem::take(&mut body)));
                }
                if piece.len() < 255 {
                    break;
                }
            }
        }
        bytes.extend(page(serial, 4, &lengths, &body));
    }

    fn flac(&mut self) -> Vec<u8> {
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        for _ in 0..self.pick(5) {
            blocks.push(match self.pick(5) {
                0 => block(4, &self.comments()),
                1 => block(6, &self.cover(b"\0\0\0\x03image/jpeg\0\0\0\0")),
                2 => block(2, self.telling()),
                3 => block(1, self.telling()),
                _ => block(77, self.telling()),
            });
        }
        blocks.push(block(0x81, self.telling()));
        let mut bytes = self.some(2, Self::tag);
        bytes.extend(sound::flac(&blocks));
        self.ends(&mut bytes);
        bytes
    }

    /// A cover that says something, or nothing, behind what comes before it.
    fn cover(&mut self, before: &[u8]) -> Vec<u8> {
        let picture = if self.seldom(2) { self.jpeg() } else { PNG.clone() };
        [before, &picture].concat()
    }

    fn tag(&mut self) -> Vec<u8> {
        let version = self.choose(&[3, 4, 2]);
        let mut body = self.some(4, |script| {
            let kind = script.choose(&[&b"TXXX"[..], b"COMM", b"GEOB", b"PRIV", b"TIT2", b"APIC", b"WOAF"]);
            let body = match kind {
                b"TIT2" => b"\0A walk".to_vec(),
                b"APIC" => script.cover(b"\0image/jpeg\0\x03\0"),
                _ => [b"\0", script.telling()].concat(),
            };
            frame(kind, version, &body)
        });
        let is_padded = self.seldom(3);
        if is_padded {
            body.extend([0; 10]);
            body.extend(self.telling());
        }
        let flags = if self.seldom(4) { self.choose(&[0x80, 0x40, 0x20]) } else { 0 };
        tag(version, flags, &body)
    }

    fn mp3(&mut self) -> Vec<u8> {
        let mut bytes = self.some(3, Self::tag);
        bytes.extend(FRAME);
        self.ends(&mut bytes);
        bytes
    }

    /// Tags behind the sound.
    fn ends(&mut self, bytes: &mut Vec<u8>) {
        if self.seldom(3) {
            bytes.extend(ape_tag(self.choose(&[0, 0x80])));
        }
        if self.seldom(3) {
            bytes.extend(old_tag(SECRET));
        }
    }

    fn riff(&mut self) -> Vec<u8> {
        let beside = |script: &mut Self| match script.pick(6) {
            0 => chunk(b"LIST", &[b"INFO", &chunk(b"ILOC", &[script.telling()])]),
            kind => chunk([&b"bext"[..], b"iXML", b"JUNK", b"id3 ", b"_PMX"][kind - 1], &[script.telling()]),
        };
        let mut inner = self.some(3, beside);
        let (kind, seen) = if self.seldom(2) {
            let streams =
                [chunk(b"strh", &[&[1; 16]]), chunk(b"strn", &[self.telling()]), self.some(2, beside)].concat();
            let header =
                [chunk(b"avih", &[&[1; 16]]), chunk(b"LIST", &[b"strl", &streams]), self.some(2, beside)].concat();
            inner.extend(chunk(b"LIST", &[b"hdrl", &header]));
            (b"AVI ", chunk(b"LIST", &[b"movi", &chunk(b"00dc", &[SEEN])]))
        } else {
            inner.extend(chunk(b"fmt ", &[&[1; 16]]));
            (b"WAVE", chunk(b"data", &[SEEN]))
        };
        inner.extend(self.some(2, beside));
        inner.extend(seen);
        inner.extend(self.some(3, beside));
        let mut bytes = chunk(b"RIFF", &[kind, &inner]);
        match self.pick(4) {
            1 => bytes.extend(chunk(b"RIFF", &[b"AVIX", &self.some(2, beside)])),
            2 => bytes.extend(self.telling()),
            3 => bytes[4..8].fill(0xff),
            _ => {}
        }
        bytes
    }

    fn tiff(&mut self) -> Vec<u8> {
        let mut tiff = telltale();
        tiff[18] = u8::try_from(self.pick(10)).unwrap_or_default();
        tiff
    }

    fn jpeg(&mut self) -> Vec<u8> {
        let plain = &*JPEG;
        let mut bytes = plain[..2].to_vec();
        if self.seldom(2) {
            bytes.extend(segment(0xe1, &[b"Exif\0\0".to_vec(), self.tiff()].concat()));
        }
        bytes.extend(self.some(4, |script| match script.pick(6) {
            0 => segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", script.telling()].concat()),
            1 => segment(0xed, &[b"Photoshop 3.0\0", script.telling()].concat()),
            2 => segment(0xfe, script.telling()),
            3 => segment(0xe2, &[b"MPF\0", script.telling()].concat()),
            4 => [vec![0xff; script.pick(3)], segment(0xe0, &[b"JFXX\0", script.telling()].concat())].concat(),
            _ => segment(0xef, script.telling()),
        }));
        bytes.extend(&plain[2..]);
        if self.seldom(2) {
            bytes.extend(self.telling());
        }
        bytes
    }

    fn png(&mut self) -> Vec<u8> {
        let plain = &*PNG;
        let mut bytes = plain[..33].to_vec();
        if self.seldom(2) {
            bytes.extend(png_chunk(*b"eXIf", &self.tiff()));
        }
        let beside = |script: &mut Self| {
            let kind = script.choose(&[*b"tEXt", *b"iTXt", *b"zTXt", *b"tIME", *b"abCd", *b"caBX"]);
            png_chunk(kind, &[b"XML:com.adobe.xmp\0\0\0\0\0", script.telling()].concat())
        };
        bytes.extend(self.some(3, beside));
        let end = plain.len() - 12;
        bytes.extend(&plain[33..end]);
        bytes.extend(self.some(2, beside));
        bytes.extend(&plain[end..]);
        if self.seldom(2) {
            bytes.extend(self.telling());
        }
        bytes
    }

    fn webp(&mut self) -> Vec<u8> {
        let plain = &*WEBP;
        let mut bytes = b"RIFF\0\0\0\0WEBP".to_vec();
        let mut add = |kind: &[u8], data: &[u8]| picture::chunk(&mut bytes, kind, data);
        let (is_turned, is_described) = (self.seldom(2), self.seldom(2));
        let flags = u8::from(is_turned) << 3 | u8::from(is_described) << 2;
        let mut written = add(b"VP8X", &[flags, 0, 0, 0, 23, 0, 0, 15, 0, 0]);
        written = written.and(add(&plain[12..16], &plain[20..]));
        if is_turned {
            written = written.and(add(b"EXIF", &self.tiff()));
        }
        for _ in 0..self.pick(3) {
            written = written.and(add(self.choose(&[b"abcd", b"C2PA"]), self.telling()));
        }
        if is_described {
            written = written.and(add(b"XMP ", self.telling()));
        }
        written.expect("it is short");
        let size = u32::try_from(bytes.len() - 8).expect("it is short");
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        if self.seldom(2) {
            bytes.extend(self.telling());
        }
        bytes
    }
}
