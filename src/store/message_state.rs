//! What has become of a message.

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
