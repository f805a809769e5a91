//! What a presence says of somebody (RFC 6121 §4.7.2.1).

/// From absent to eager, in the order in which one is preferred where somebody has several resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Availability {
    #[default]
    Offline,
    ExtendedAway,
    Away,
    DoNotDisturb,
    Online,
    FreeForChat,
}

impl Availability {
    /// Reads a `<show/>`. An empty or unknown one is as good as none.
    #[must_use]
    pub fn from_show(show: Option<&str>) -> Self {
        match show.map(str::trim) {
            Some("chat") => Self::FreeForChat,
            Some("away") => Self::Away,
            Some("xa") => Self::ExtendedAway,
            Some("dnd") => Self::DoNotDisturb,
            _ => Self::Online,
        }
    }

    /// The text of `<show/>`; online, it is left out.
    #[must_use]
    pub const fn show(self) -> Option<&'static str> {
        match self {
            Self::Offline | Self::Online => None,
            Self::FreeForChat => Some("chat"),
            Self::Away => Some("away"),
            Self::ExtendedAway => Some("xa"),
            Self::DoNotDisturb => Some("dnd"),
        }
    }
}
