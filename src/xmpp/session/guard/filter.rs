//! A byte filter below the XML reader: it shortens attribute values that the reader would choke on, drops what is nested too
//! deeply, and refuses over-long names and over-large stanzas with a clear error. Knows bytes, and nothing of streams or IO.

/// What the guard lets through.
#[derive(Debug, Clone, Copy)]
pub struct GuardLimits {
    /// Raw bytes of one attribute value; what follows, up to the closing quote, is dropped. rxml's limit is 8,192.
    pub value: usize,
    /// Bytes of one element or attribute name.
    pub name: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Levels passed, the stream being the first. What is inside an element at this level is dropped: rxml looks for the
    /// default namespace through all levels, so that its time grows with the square of the depth.
    pub depth: u32,
    /// Raw bytes of one stanza (or of the stream header), markup included, dropped bytes included.
    pub stanza: u64,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self { value: 7_000, name: 1_000, attributes: 512, depth: 160, stanza: 10 << 20 }
    }
}

/// Longest entity reference passed (`&#x10FFFF;` has 10 bytes). A value is cut early enough to never cut one.
const REFERENCE: usize = 32;

/// Input that can't be mended by leaving something out: the stream ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    #[error("element or attribute name too long")]
    NameTooLong,
    #[error("entity reference too long")]
    ReferenceTooLong,
    #[error("too many attributes on one element")]
    TooManyAttributes,
    #[error("stanza too large")]
    StanzaTooLarge,
}

/// Where in the document the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// After `<`.
    Open,
    /// In an element name; the flag says that it is an end tag.
    Name {
        end: bool,
    },
    /// In a tag, outside of values. `slash`: the last byte was `/`.
    Tag {
        end: bool,
        slash: bool,
    },
    AttrName,
    /// In an attribute value: the closing quote and the bytes passed.
    Value {
        quote: u8,
        passed: usize,
    },
    /// In an entity reference of a value, so many bytes after its `&`.
    Reference {
        quote: u8,
        passed: usize,
        length: usize,
    },
    /// In a value that is being shortened.
    Drop {
        quote: u8,
    },
    /// After `<!`.
    Bang,
    /// In `<![CDATA[…]]>`: how many `]` precede.
    CData {
        brackets: u8,
    },
    /// In `<?…?>` or another `<!…>`, which the reader will accept or refuse: pass up to `>`.
    Declaration,
}

/// A chunk of input while it is being looked at.
struct Chunk<'c> {
    input: &'c [u8],
    out: &'c mut Vec<u8>,
    /// The next byte to look at.
    at: usize,
    /// The start of the run of bytes that is yet to be copied.
    keep: usize,
    /// Bytes that have been added to the stanza's size.
    counted: usize,
}

impl Chunk<'_> {
    fn rest(&self) -> &[u8] {
        &self.input[self.at..]
    }

    /// Moves behind the next `byte`; to the end, and `false`, where there is none.
    fn skip_past(&mut self, byte: u8) -> bool {
        let found = memchr::memchr(byte, self.rest());
        self.at = found.map_or(self.input.len(), |n| self.at + n + 1);
        found.is_some()
    }

    fn copy_kept(&mut self) {
        self.out.extend_from_slice(&self.input[self.keep..self.at]);
    }
}

/// The state machine, without IO: it only ever passes or drops bytes, so chunk boundaries can't matter.
#[derive(Debug)]
pub(super) struct Filter {
    limits: GuardLimits,
    state: State,
    depth: u32,
    stanza: u64,
    name: usize,
    attributes: usize,
    /// Inside an element at the depth limit: nothing is passed.
    is_mute: bool,
    /// Values shortened so far.
    pub shortened: u64,
}

impl Filter {
    pub fn new(limits: GuardLimits) -> Self {
        Self { limits, state: State::Text, depth: 0, stanza: 0, name: 0, attributes: 0, is_mute: false, shortened: 0 }
    }

    /// A new XML document begins (stream restart, RFC 6120 §6.4.6).
    pub fn reset(&mut self) {
        *self = Self { shortened: self.shortened, ..Self::new(self.limits) };
    }

    /// How many elements are open, where that is certain: between two tags, and not where all is dropped.
    #[cfg(any(test, fuzzing))]
    pub fn open_elements(&self) -> Option<u32> {
        (self.state == State::Text && !self.is_mute).then_some(self.depth)
    }

    /// Appends to `out` what of `input` the reader may see, with an error all before it. Then the filter is spent.
    pub fn run(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), GuardError> {
        let mut chunk = Chunk { input, out, at: 0, keep: 0, counted: 0 };
        let result = self.scan(&mut chunk);
        if !self.is_mute {
            chunk.copy_kept();
        }
        result
    }

    fn scan(&mut self, chunk: &mut Chunk<'_>) -> Result<(), GuardError> {
        while let Some(&byte) = chunk.input.get(chunk.at) {
            match self.state {
                State::Text => self.text(chunk),
                State::Open => self.open(chunk, byte),
                State::Name { end } => match byte {
                    b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' => self.state = State::Tag { end, slash: false },
                    _ => self.name_byte(chunk)?,
                },
                State::Tag { end, slash } => self.tag(chunk, byte, end, slash)?,
                State::AttrName => match byte {
                    b'=' | b'>' | b'/' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n' => {
                        self.state = State::Tag { end: false, slash: false };
                    }
                    _ => self.name_byte(chunk)?,
                },
                State::Value { quote, passed } => self.value(chunk, byte, quote, passed),
                State::Reference { quote, passed, length } => {
                    chunk.at += 1;
                    if length >= REFERENCE {
                        return Err(GuardError::ReferenceTooLong);
                    }
                    self.state = match byte {
                        b';' => State::Value { quote, passed: passed + 1 },
                        // Ill-formed: the reader's business.
                        b if b == quote => State::Tag { end: false, slash: false },
                        _ => State::Reference { quote, passed: passed + 1, length: length + 1 },
                    };
                }
                State::Drop { quote } => {
                    let found = chunk.skip_past(quote);
                    // The quote is kept.
                    chunk.keep = chunk.at - usize::from(found);
                    if found {
                        self.state = State::Tag { end: false, slash: false };
                    }
                }
                State::Bang => {
                    chunk.at += 1;
                    self.state = if byte == b'[' { State::CData { brackets: 0 } } else { State::Declaration };
                }
                State::CData { brackets: 0 } => {
                    if chunk.skip_past(b']') {
                        self.state = State::CData { brackets: 1 };
                    }
                }
                State::CData { brackets } => {
                    chunk.at += 1;
                    self.state = match byte {
                        b']' => State::CData { brackets: 2 },
                        b'>' if brackets == 2 => State::Text,
                        _ => State::CData { brackets: 0 },
                    };
                    if self.state == State::Text {
                        self.end_markup(chunk)?;
                    }
                }
                State::Declaration => {
                    if chunk.skip_past(b'>') {
                        self.state = State::Text;
                        self.end_markup(chunk)?;
                    }
                }
            }
        }
        if self.state == State::Text && self.depth <= 1 {
            return Ok(());
        }
        self.count(chunk.input.len() - chunk.counted)
    }

    fn text(&mut self, chunk: &mut Chunk<'_>) {
        if chunk.skip_past(b'<') {
            if self.depth <= 1 {
                // White space between stanzas belongs to none.
                self.stanza = 0;
                chunk.counted = chunk.at - 1;
            }
            self.state = State::Open;
        }
    }

    fn open(&mut self, chunk: &mut Chunk<'_>, byte: u8) {
        if self.is_mute && byte == b'/' && self.depth == self.limits.depth {
            // The end of the element itself. Its `<`, perhaps in an earlier chunk, was not passed.
            self.is_mute = false;
            chunk.out.push(b'<');
            chunk.keep = chunk.at;
        }
        chunk.at += 1;
        self.name = 1;
        self.attributes = 0;
        self.state = match byte {
            b'/' => State::Name { end: true },
            b'!' => State::Bang,
            b'?' => State::Declaration,
            _ => State::Name { end: false },
        };
    }

    fn tag(&mut self, chunk: &mut Chunk<'_>, byte: u8, end: bool, slash: bool) -> Result<(), GuardError> {
        chunk.at += 1;
        match byte {
            b'>' => {
                if end {
                    self.depth = self.depth.saturating_sub(1);
                } else if !slash {
                    self.depth += 1;
                }
                self.state = State::Text;
                if self.depth >= self.limits.depth && !self.is_mute {
                    chunk.copy_kept();
                    self.is_mute = true;
                }
                self.end_markup(chunk)?;
            }
            b'/' => self.state = State::Tag { end, slash: true },
            b'"' | b'\'' => {
                self.attributes += 1;
                if self.attributes > self.limits.attributes {
                    return Err(GuardError::TooManyAttributes);
                }
                self.state = State::Value { quote: byte, passed: 0 };
            }
            b'=' | b' ' | b'\t' | b'\r' | b'\n' => self.state = State::Tag { end, slash: false },
            _ => {
                self.name = 1;
                self.state = State::AttrName;
            }
        }
        Ok(())
    }

    /// Plain bytes up to the quote, a reference or the limit.
    fn value(&mut self, chunk: &mut Chunk<'_>, byte: u8, quote: u8, passed: usize) {
        let room = self.limits.value.saturating_sub(passed);
        // Any character that begins more than three bytes before the limit fits; the last three bytes are looked at one by
        // one, so that no character is cut, and so that broken ones are treated alike in pieces of any size.
        let bulk = room.saturating_sub(3).min(chunk.rest().len());
        let window = &chunk.rest()[..bulk];
        match memchr::memchr2(quote, b'&', window) {
            Some(n) if window[n] == quote => {
                chunk.at += n + 1;
                self.state = State::Tag { end: false, slash: false };
            }
            Some(n) => {
                chunk.at += n;
                if passed + n + REFERENCE > self.limits.value {
                    self.cut(chunk, quote);
                } else {
                    chunk.at += 1;
                    self.state = State::Reference { quote, passed: passed + n + 1, length: 1 };
                }
            }
            None if bulk > 0 => {
                chunk.at += bulk;
                self.state = State::Value { quote, passed: passed + bulk };
            }
            None if byte == quote => {
                chunk.at += 1;
                self.state = State::Tag { end: false, slash: false };
            }
            // No reference is as short as what is left. A continuation byte fits where its lead byte did, which was weighed with
            // all of it.
            None if byte == b'&' || utf8_length(byte) > room => self.cut(chunk, quote),
            None => {
                chunk.at += 1;
                self.state = State::Value { quote, passed: passed + 1 };
            }
        }
    }

    fn cut(&mut self, chunk: &mut Chunk<'_>, quote: u8) {
        if !self.is_mute {
            chunk.copy_kept();
        }
        chunk.keep = chunk.at;
        self.shortened += 1;
        self.state = State::Drop { quote };
    }

    fn name_byte(&mut self, chunk: &mut Chunk<'_>) -> Result<(), GuardError> {
        chunk.at += 1;
        self.name += 1;
        if self.name > self.limits.name { Err(GuardError::NameTooLong) } else { Ok(()) }
    }

    /// Behind a tag, or what else stands between `<` and `>`. Outside of a stanza, that is all of it.
    fn end_markup(&mut self, chunk: &mut Chunk<'_>) -> Result<(), GuardError> {
        if self.depth <= 1 {
            self.count(chunk.at - chunk.counted)?;
            (self.stanza, chunk.counted) = (0, chunk.at);
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), GuardError> {
        self.stanza += bytes as u64;
        if self.stanza > self.limits.stanza { Err(GuardError::StanzaTooLarge) } else { Ok(()) }
    }
}

fn utf8_length(lead: u8) -> usize {
    match lead {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}
