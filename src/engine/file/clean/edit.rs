//! A file that is read by parts and then changed where it lies, no longer and no shorter than before, so that all that points
//! into it stays right. However large it is, only parts of it are in memory.

use std::{
    fs::OpenOptions,
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::Path,
};

/// So much is read at once.
const PIECE: usize = 4 * 1024;
/// More is read of no single part.
pub const MAX_PART: u64 = 16 * 1024 * 1024;
/// Nobody's film has more parts than this.
const MAX_READS: u32 = 8_000_000;

/// Why a file can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum Unclean {
    #[error("not a picture that can be taken apart")]
    Picture,
    #[error("not a film or sound that can be taken apart")]
    Media,
    #[error(transparent)]
    Io(#[from] io::Error),
}

trait Bytes: Read + Seek {}
impl<B: Read + Seek> Bytes for B {}

/// What is read.
pub struct Source {
    from: Box<dyn Bytes>,
    len: u64,
    /// What was read last, and where that lies.
    piece: Vec<u8>,
    piece_at: u64,
    reads: u32,
}

impl Source {
    pub fn new(mut from: impl Read + Seek + 'static) -> io::Result<Self> {
        let len = from.seek(SeekFrom::End(0))?;
        Ok(Self { from: Box::new(from), len, piece: Vec::new(), piece_at: 0, reads: 0 })
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// The first bytes; fewer where there are no more.
    pub fn start(&mut self) -> Result<Vec<u8>, Unclean> {
        self.part(0..self.len.min(64))
    }

    /// As many bytes as are asked for, or the file is not what it says.
    pub fn bytes<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Unclean> {
        let mut bytes = [0; N];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }

    /// A part, whole.
    pub fn part(&mut self, range: Range<u64>) -> Result<Vec<u8>, Unclean> {
        let len = range.end.checked_sub(range.start).filter(|len| *len <= MAX_PART && range.end <= self.len);
        let mut bytes = vec![0; len.and_then(|len| usize::try_from(len).ok()).ok_or(Unclean::Media)?];
        self.read(range.start, &mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, at: u64, out: &mut [u8]) -> Result<(), Unclean> {
        self.reads += 1;
        if self.reads > MAX_READS {
            return Err(Unclean::Media);
        }
        if out.len() > PIECE {
            self.from.seek(SeekFrom::Start(at))?;
            return self.from.read_exact(out).map_err(broken_off);
        }
        if self.known(at, out.len()).is_none() {
            self.from.seek(SeekFrom::Start(at))?;
            self.piece.clear();
            self.piece_at = at;
            self.from.by_ref().take(PIECE as u64).read_to_end(&mut self.piece)?;
        }
        out.copy_from_slice(self.known(at, out.len()).ok_or(Unclean::Media)?);
        Ok(())
    }

    fn known(&self, at: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(at.checked_sub(self.piece_at)?).ok()?;
        self.piece.get(start..start.checked_add(len)?)
    }
}

fn broken_off(error: io::Error) -> Unclean {
    if error.kind() == ErrorKind::UnexpectedEof { Unclean::Media } else { error.into() }
}

enum Edit {
    /// Zeros.
    Blank(Range<u64>),
    Write(u64, Vec<u8>),
}

/// What is to be changed, in order.
#[derive(Default)]
pub struct Edits {
    all: Vec<Edit>,
    blanked: u64,
}

impl Edits {
    /// Leaves nothing of a part.
    pub fn blank(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.blanked = self.blanked.saturating_add(range.end - range.start);
            self.all.push(Edit::Blank(range));
        }
    }

    /// How many bytes are blanked, each as often as it is.
    pub fn blanked(&self) -> u64 {
        self.blanked
    }

    pub fn write(&mut self, at: u64, bytes: impl Into<Vec<u8>>) {
        self.all.push(Edit::Write(at, bytes.into()));
    }

    /// Changes the file.
    pub fn apply(&self, path: &Path) -> io::Result<()> {
        if self.all.is_empty() { Ok(()) } else { self.apply_to(&mut OpenOptions::new().write(true).open(path)?) }
    }

    pub fn apply_to(&self, out: &mut (impl Write + Seek)) -> io::Result<()> {
        static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
        for edit in &self.all {
            match edit {
                Edit::Write(at, bytes) => {
                    out.seek(SeekFrom::Start(*at))?;
                    out.write_all(bytes)?;
                }
                Edit::Blank(range) => {
                    out.seek(SeekFrom::Start(range.start))?;
                    let mut left = range.end - range.start;
                    while left > 0 {
                        let length = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
                        out.write_all(&ZEROS[..length])?;
                        left -= length as u64;
                    }
                }
            }
        }
        out.flush()
    }
}

/// Numbers out of a part that is in memory; `None` where there are no more.
pub struct Numbers<'a>(pub &'a [u8]);

impl<'a> Numbers<'a> {
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// Of up to eight bytes, the highest first.
    pub fn big(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Of up to eight bytes, the lowest first.
    pub fn little(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}
