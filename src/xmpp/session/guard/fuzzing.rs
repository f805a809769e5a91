//! What must hold of the filter, whatever the bytes: it reads the same document as the reader above it (else one of them could
//! be shown a stanza that the other never sees), however the bytes come in pieces, and its limits hold.

use rxml::{Event, Parse as _, Parser, error::EndOrError};

use super::filter::{Filter, GuardError, GuardLimits};

/// Panics where it does not.
pub fn check(pieces: &[&[u8]], limits: GuardLimits) {
    let input = pieces.concat();
    let (whole, whole_end) = run(&[&input], limits);
    let (split, split_end) = run(pieces, limits);
    // A piece is looked at before what was passed of it is weighed, so where a stanza is too large, another limit may be met
    // first; but it fails either way.
    assert_eq!(whole_end.is_err(), split_end.is_err(), "{whole_end:?} {split_end:?}");
    if whole_end.is_ok() {
        assert_eq!(whole, split, "pieces matter");
    }
    let mut rest = input.iter();
    assert!(whole.iter().all(|byte| rest.any(|other| byte == other)), "more than was let in");
    read_along(pieces, limits);
}

fn run(pieces: &[&[u8]], limits: GuardLimits) -> (Vec<u8>, Result<(), GuardError>) {
    let (mut filter, mut out) = (Filter::new(limits), Vec::new());
    let end = pieces.iter().try_for_each(|piece| filter.run(piece, &mut out));
    (out, end)
}

/// Both read the same bytes, and wherever both are between two tags they are in the same place.
fn read_along(pieces: &[&[u8]], limits: GuardLimits) {
    let mut filter = Filter::new(limits);
    let mut reader = Reader { parser: Parser::default(), depth: 0, is_elsewhere: false };
    for piece in pieces {
        let mut out = Vec::new();
        let end = filter.run(piece, &mut out);
        if reader.read(&out, &limits).is_err() || end.is_err() {
            return;
        }
        if let Some(depth) = filter.open_elements() {
            reader.is_elsewhere = depth != reader.depth;
        }
    }
}

struct Reader {
    parser: Parser,
    depth: u32,
    /// The filter was somewhere else. The reader may have seen already that there is no going on, and say so with the next byte.
    is_elsewhere: bool,
}

impl Reader {
    fn read(&mut self, mut bytes: &[u8], limits: &GuardLimits) -> Result<(), rxml::Error> {
        loop {
            let event = self.parser.parse(&mut bytes, false);
            let goes_on = matches!(event, Ok(Some(_)));
            assert!(!goes_on || !self.is_elsewhere, "the filter and the reader read two documents");
            match event {
                Ok(Some(Event::StartElement(_, (_, name), attrs))) => {
                    self.depth += 1;
                    assert!(self.depth <= limits.depth, "too deep");
                    assert!(name.len() <= limits.name && attrs.len() <= limits.attributes);
                    for ((_, name), value) in &attrs {
                        assert!(name.len() <= limits.name && value.len() <= limits.value);
                    }
                }
                Ok(Some(Event::EndElement(_))) => self.depth -= 1,
                Ok(Some(_)) => (),
                Ok(None) | Err(EndOrError::NeedMoreData) => return Ok(()),
                Err(EndOrError::Error(error)) => return Err(error),
            }
        }
    }
}
