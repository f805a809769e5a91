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
