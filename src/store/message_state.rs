//! What has become of a message.

use super::column::checked_integer;

/// Why one's own message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendFailure {
    /// The server or the other side answered with an error.
    Refused,
    /// There is no such address, or its server can't be reached.
    Undeliverable,
    /// It is longer than the server takes.
    TooLong,
}

/// A received message, or how far one's own has come. It only moves forward, but for a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageState {
    Received,
    /// On disk, not yet taken over by the server.
    Waiting,
    /// The server has it (XEP-0198 §4).
    Sent,
    /// The other side's client has it (XEP-0184).
    Delivered,
    Failed(SendFailure),
}

checked_integer!(MessageState {
    0 => [MessageState::Received],
    1 => [MessageState::Waiting],
    2 => [MessageState::Sent],
    3 => [MessageState::Delivered],
    4 => [MessageState::Failed(SendFailure::Refused)],
    5 => [MessageState::Failed(SendFailure::Undeliverable)],
    6 => [MessageState::Failed(SendFailure::TooLong)],
});

impl MessageState {
    /// Whether news of `next` may change a message in this state.
    ///
    /// News overtake each other: a server acknowledges a stanza after it has answered it with an error, and a receipt proves
    /// delivery whatever another of the contact's clients said.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::Received | Self::Waiting => false,
            Self::Sent => self == Self::Waiting,
            Self::Delivered => matches!(self, Self::Waiting | Self::Sent | Self::Failed(_)),
            Self::Failed(_) => matches!(self, Self::Waiting | Self::Sent),
        }
    }
}
