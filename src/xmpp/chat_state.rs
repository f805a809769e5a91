//! Chat State Notifications (XEP-0085).

/// What somebody is doing in a conversation (XEP-0085 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChatState {
    Active,
    Composing,
    Paused,
    Inactive,
    #[default]
    Gone,
}
