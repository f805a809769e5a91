//! Stands in for the parsing of payloads until that is there.

use minidom::Element;

/// An inbound stanza.
#[derive(Debug, Clone)]
pub struct Incoming(pub Element);

/// Why a stanza was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{condition}")]
pub struct StanzaError {
    pub condition: String,
    pub text: Option<String>,
}
