//! Why there is no connection, in terms that the window can put into words.

/// What is being done on the way to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectStep {
    /// Looking the server up.
    Resolving,
    /// Opening a TCP connection.
    Connecting,
    /// TLS.
    Securing,
    /// Signing in.
    Authenticating,
    /// Getting an address and a session.
    Binding,
}

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateProblem {
    /// Not issued by anybody that is trusted here.
    Untrusted,
    /// For another name than the account's domain.
    WrongName,
    Expired,
    NotYetValid,
    Revoked,
    /// Malformed, or wrong in another way.
    Invalid,
}

/// Why a connection failed or ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Problem {
    /// The machine has no network.
    #[error("no network")]
    NoNetwork,
    /// The domain is unknown to DNS.
    #[error("no such server: {host}")]
    UnknownHost { host: String },
    /// The domain says that it has no XMPP service (an SRV target of ".").
    #[error("{domain} has no XMPP service")]
    NoService { domain: String },
    /// Nobody answers, or the connection was refused.
    #[error("can't reach {host}")]
    Unreachable { host: String },
    #[error("no answer in time")]
    Timeout,
    #[error("certificate: {0:?}")]
    Certificate(CertificateProblem),
    /// TLS failed for another reason, or is not offered at all.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// The CA file of the account can't be read.
    #[error("the CA file can't be used: {0}")]
    CaFile(String),
    /// RFC 6120 §6.5.10.
    #[error("wrong address or password")]
    WrongPassword,
    /// No password is known: it has to be asked for.
    #[error("no password")]
    NoPassword,
    #[error("the account is disabled")]
    AccountDisabled,
    /// The server offers no mechanism that is safe enough.
    #[error("no safe way to sign in")]
    NoMechanism,
    /// The server offers only what is weaker than before, or the channel is not bound any more: somebody may be in between.
    #[error("a weaker sign-in than before")]
    WeakerSignIn,
    /// The server could not prove that it knows the password, or broke the protocol while signing in.
    #[error("the server can't be trusted: {0}")]
    ServerProof(String),
    /// Any other refusal, with the server's condition and words.
    #[error("refused: {condition}")]
    Refused { condition: String, text: Option<String> },
    /// Another client has taken this resource (stream error `conflict`).
    #[error("signed in elsewhere under the same resource")]
    Replaced,
    /// The stream broke: the network, or a server that went away.
    #[error("connection lost")]
    Lost,
    /// The server sent a stream error, or something that can't be read.
    #[error("stream error: {0}")]
    Stream(String),
}

impl Problem {
    /// Whether trying again by itself makes sense.
    #[must_use]
    pub const fn needs_person(&self) -> bool {
        matches!(
            self,
            Self::Certificate(_)
                | Self::CaFile(_)
                | Self::WrongPassword
                | Self::NoPassword
                | Self::AccountDisabled
                | Self::NoMechanism
                | Self::WeakerSignIn
                | Self::ServerProof(_)
                | Self::Replaced
                | Self::NoService { .. }
        )
    }
}
