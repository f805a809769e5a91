//! Who sees whose presence (RFC 6121 §2.1.2.5).

/// The state of a roster item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Subscription {
    #[default]
    None,
    /// We see theirs.
    To,
    /// They see ours.
    From,
    Both,
}

impl Subscription {
    /// Reads the attribute of a roster item; missing or unknown it is `None`, which promises nothing.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            Some("to") => Self::To,
            Some("from") => Self::From,
            Some("both") => Self::Both,
            _ => Self::None,
        }
    }

    /// Whether we see their presence.
    #[must_use]
    pub const fn sees_them(self) -> bool {
        matches!(self, Self::To | Self::Both)
    }

    /// Whether they see ours.
    #[must_use]
    pub const fn sees_us(self) -> bool {
        matches!(self, Self::From | Self::Both)
    }
}
