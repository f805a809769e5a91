//! Failures in words for the person: what has happened, and what to do.

use gettextrs::gettext;
use gtk::glib;

use crate::engine::api::{CommandError, ConnectStep, Notice, Problem, SendFailure, StartProblem};
use crate::plain_text::isolated;
use crate::xmpp::CertificateProblem;

/// Why there is no connection.
#[must_use]
pub fn problem(problem: &Problem) -> String {
    match problem {
        Problem::NoNetwork => gettext("There is no network connection."),
        Problem::UnknownHost { host } => {
            gettext("There is no server called {host}. Is the address spelled right?").replace("{host}", host)
        }
        Problem::NoService { domain } => {
            gettext("{domain} offers no chat service. Is the address spelled right?").replace("{domain}", domain)
        }
        Problem::Unreachable { host } => gettext("{host} can't be reached.").replace("{host}", host),
        Problem::Timeout => gettext("The server does not answer."),
        Problem::Certificate(problem) => certificate(*problem),
        Problem::Tls(_) => gettext("The server offers no secure connection."),
        Problem::CaFile(reason) => {
            gettext("The file with certificates can't be used: {reason}").replace("{reason}", &isolated(reason))
        }
        Problem::WrongPassword => gettext("The server does not accept this address and password."),
        Problem::NoPassword => gettext("The password is needed to sign in."),
        Problem::AccountDisabled => gettext("The server has disabled this account. Ask those who run it."),
        Problem::NoMechanism => gettext("The server offers no safe way to sign in."),
        Problem::WeakerSignIn => {
            gettext("The server offers a weaker way to sign in than before. Somebody may be reading along.")
        }
        Problem::ServerProof(_) => gettext(
            "The server could not prove that it is the right one. Nobody may be trusted here; try another network.",
        ),
        Problem::Refused { text: Some(text), .. } => {
            gettext("The server refuses: {reason}").replace("{reason}", &isolated(text))
        }
        Problem::Refused { condition, text: None } => {
            gettext("The server refuses: {reason}").replace("{reason}", &isolated(condition))
        }
        Problem::Replaced => gettext("You have signed in elsewhere in place of this device."),
        Problem::Lost => gettext("The connection was lost."),
        Problem::Stream(reason) => {
            gettext("The server ended the connection: {reason}").replace("{reason}", &isolated(reason))
        }
    }
}

fn certificate(problem: CertificateProblem) -> String {
    match problem {
        CertificateProblem::Untrusted => {
            gettext("Nobody whom this computer trusts vouches for the server. You were not connected, to be safe.")
        }
        CertificateProblem::WrongName => {
            gettext("The server identifies itself as another one. You were not connected, to be safe.")
        }
        CertificateProblem::Expired => {
            gettext("The server's certificate has expired. Those who run it have to renew it.")
        }
        CertificateProblem::NotYetValid => {
            gettext("The server's certificate is not valid yet. Is the clock of this computer right?")
        }
        CertificateProblem::Revoked => {
            gettext("The server's certificate was revoked. You were not connected, to be safe.")
        }
        CertificateProblem::Invalid => {
            gettext("The server's certificate is broken. You were not connected, to be safe.")
        }
    }
}

/// Why something that was asked for was not done.
#[must_use]
pub fn command(error: &CommandError) -> String {
    match error {
        CommandError::NotOnline => gettext("You are offline. Try again when you are connected."),
        CommandError::NotFound => gettext("This is not there any more."),
        CommandError::AccountExists => gettext("You are signed in with this address already."),
        CommandError::TooLong { limit } => {
            gettext("This message is too long: the server takes {limit} characters at a time.")
                .replace("{limit}", &limit.to_string())
        }
        CommandError::EmptyMessage => gettext("There is nothing to send."),
        CommandError::BadImage => gettext("This is no picture, or it is too large."),
        CommandError::BadMedia => {
            gettext("This file is damaged: what it says of where it was made can't be taken out, so it is not sent.")
        }
        CommandError::UnreadableFile => gettext("This file can't be read."),
        CommandError::FileTooLarge { limit } => gettext("This file is too large: your server takes up to {size}.")
            .replace("{size}", &glib::format_size(*limit)),
        CommandError::NoUploadService => gettext("Your server takes no files."),
        CommandError::SignIn(reason) => problem(reason),
        CommandError::Refused { text: Some(reason), .. } | CommandError::Refused { condition: reason, text: None } => {
            gettext("The server refuses: {reason}").replace("{reason}", &isolated(reason))
        }
        CommandError::Timeout => gettext("The server does not answer. Try again later."),
        CommandError::DiskFull => gettext("The disk is full. Make room, then try again."),
        CommandError::Store(reason) => gettext("The data on this computer can't be read or written: {reason}")
            .replace("{reason}", &isolated(reason)),
        CommandError::File(reason) => {
            gettext("The file can't be written: {reason}").replace("{reason}", &isolated(reason))
        }
        CommandError::Cancelled => gettext("It was given up."),
        CommandError::Stopped => gettext("Stonechat is shutting down."),
    }
}

/// Why the profile can't be used.
#[must_use]
pub fn start(problem: &StartProblem) -> String {
    match problem {
        StartProblem::NewerVersion { .. } => gettext(
            "Your messages were stored by a newer version of Stonechat. Install that version to open them; nothing was changed.",
        ),
        StartProblem::DiskFull => gettext("The disk is full. Make room, then start Stonechat again."),
        StartProblem::Unusable { path, error } => gettext("{path} can't be used: {reason}")
            .replace("{path}", &path.display().to_string())
            .replace("{reason}", error),
    }
}

/// What the person should know.
#[must_use]
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::DatabaseSetAside(path) => {
            gettext("Your stored messages were damaged. They were kept as {path}, and a new store was begun.")
                .replace("{path}", &path.display().to_string())
        }
        Notice::NoKeyring => {
            gettext("There is no keyring to keep your password in. Stonechat will ask for it at each start.")
        }
        Notice::DiskFull => gettext("The disk is full. New messages wait at the server until there is room."),
    }
}

/// What is being done on the way to a connection.
#[must_use]
pub fn step(step: ConnectStep) -> String {
    match step {
        ConnectStep::Resolving => gettext("Looking for the server…"),
        ConnectStep::Connecting => gettext("Connecting…"),
        ConnectStep::Securing => gettext("Securing the connection…"),
        ConnectStep::Authenticating => gettext("Signing in…"),
        ConnectStep::Binding => gettext("Almost there…"),
    }
}

/// Why one's own message was not sent.
#[must_use]
pub fn send_failure(failure: SendFailure) -> String {
    match failure {
        SendFailure::Refused => gettext("The server refused this message."),
        SendFailure::Undeliverable => gettext("There is nobody at this address, or their server can't be reached."),
        SendFailure::TooLong => gettext("This message is too long for the server."),
    }
}
