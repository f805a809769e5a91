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
