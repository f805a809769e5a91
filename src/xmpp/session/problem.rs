//! What went wrong on a stream, in terms of [`Problem`].

use std::io;

use tokio_xmpp::xmlstream::ReadError;

use super::element::{StreamElement, StreamError};
use crate::xmpp::Problem;

/// What the server's stream error means for us (RFC 6120 §4.9.3).
pub fn stream_problem(error: &StreamError, domain: &str) -> Problem {
    match error.condition.as_str() {
        "conflict" => Problem::Replaced,
        "host-unknown" | "host-gone" => Problem::NoService { domain: domain.to_owned() },
        "connection-timeout" | "system-shutdown" | "reset" | "remote-connection-failed" | "internal-server-error" => {
            Problem::Lost
        }
        condition => Problem::Stream(match &error.text {
            Some(text) => format!("{condition}: {text}"),
            None => condition.to_owned(),
        }),
    }
}

/// Whether what the server did may well happen again when the session is resumed.
pub fn is_likely_again(problem: &Problem) -> bool {
    matches!(problem, Problem::Stream(_) | Problem::ServerProof(_))
}

/// An error of the line or of the reader.
pub fn io_problem(error: &io::Error) -> Problem {
    match error.kind() {
        // What the guard, the reader or tokio-xmpp can't make anything of.
        io::ErrorKind::InvalidData => Problem::Stream(error.to_string()),
        io::ErrorKind::TimedOut => Problem::Timeout,
        _ => Problem::Lost,
    }
}

/// Something else than what had to come next.
pub fn unexpected(wanted: &str, got: Option<Result<StreamElement, ReadError>>, domain: &str) -> Problem {
    match got {
        Some(Ok(StreamElement::Error(error))) => stream_problem(&error, domain),
        Some(Ok(other)) => Problem::Stream(format!("{other:?} instead of {wanted}")),
        Some(Err(ReadError::HardError(error))) => io_problem(&error),
        Some(Err(ReadError::ParseError(error))) => Problem::Stream(error.to_string()),
        Some(Err(ReadError::SoftTimeout)) => Problem::Timeout,
        Some(Err(ReadError::StreamFooterReceived)) | None => Problem::Lost,
    }
}
