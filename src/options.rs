//! The command line. Knows what can be said on it, not how it is done.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
};

use crate::{
    ids::{BareJid, person_address},
    secret::Secret,
};

pub const HELP: &str = "\
Stonechat, an XMPP messenger

Usage:
  stonechat [OPTIONS] [xmpp:ADDRESS[?message]]

Options:
  --profile DIR        keep all data in DIR
  --hidden             start without a window
  --export messages    print what is stored, one JSON object a line
  --export contacts    print the roster, one JSON object a line
  --version            print the version
  --help               print this

Signing in without a dialog and without a keyring, for scripts:
  --account ADDRESS    the account; it joins the profile if it is new
  --password-fd N      read its password from file descriptor N
  --ca FILE            trust the authorities in this PEM file as well
  --host HOST          connect to this host
  --port PORT          … and this port
  --resource NAME      ask for this resource
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    Run(Run),
    Export { profile: Option<PathBuf>, what: Export },
    Version,
    Help,
}

/// How the program is to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// `None`: the usual place.
    pub profile: Option<PathBuf>,
    pub account: Option<Given>,
    pub link: Option<String>,
    pub is_hidden: bool,
    /// Begun by D-Bus, which will say what to do.
    pub is_service: bool,
}

/// An account as it was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Given {
    pub address: BareJid,
    pub password: Secret,
    pub ca_file: Option<PathBuf>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub resource: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    Messages,
    Contacts,
}

/// What is wrong with a command line.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("there is no option {0}; --help names all")]
    Unknown(String),
    #[error("“{0}” is not an address like name@example.org")]
    BadAddress(String),
    #[error("--port takes a number from 1 to 65535, not “{0}”")]
    BadPort(String),
    #[error("--export takes “messages” or “contacts”, not “{0}”")]
    BadExport(String),
    #[error("only one link can be opened at a time")]
    SecondLink,
    #[error("--account needs --password-fd, and the other way round")]
    HalfAnAccount,
    #[error("--ca, --host, --port and --resource belong to --account")]
    NoAccount,
    #[error("no password could be read from file descriptor {fd}: {error}")]
    Password { fd: String, error: io::Error },
}

/// Reads the command line, without the program's name. `password` reads a file descriptor.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    password: impl Fn(&str) -> io::Result<Secret>,
) -> Result<Request, OptionsError> {
    let mut run = Run::default();
    let mut export = None;
    let (mut address, mut fd) = (None, None);
    let (mut ca_file, mut host, mut port, mut resource) = (None, None, None, None);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        // Both `--name value` and `--name=value`.
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(OsString::from(value))),
            _ => (text.clone(), None),
        };
        let mut value =
            || joined.clone().or_else(|| arguments.next()).ok_or_else(|| OptionsError::NoValue(name.clone()));
        let lossy = |value: OsString| value.to_string_lossy().into_owned();
        match name.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--version" => return Ok(Request::Version),
            "--profile" => run.profile = Some(value()?.into()),
            "--hidden" => run.is_hidden = true,
            "--gapplication-service" => run.is_service = true,
            "--account" => address = Some(lossy(value()?)),
            "--password-fd" => fd = Some(lossy(value()?)),
            "--ca" => ca_file = Some(PathBuf::from(value()?)),
            "--host" => host = Some(lossy(value()?)),
            "--port" => {
                let text = lossy(value()?);
                let number = text.parse::<u16>().ok().filter(|port| *port > 0);
                port = Some(number.ok_or(OptionsError::BadPort(text))?);
            }
            "--resource" => resource = Some(lossy(value()?)),
            "--export" => {
                export = Some(match lossy(value()?).as_str() {
                    "messages" => Export::Messages,
                    "contacts" => Export::Contacts,
                    other => return Err(OptionsError::BadExport(other.to_owned())),
                });
            }
            _ if text.starts_with("xmpp:") => {
                if run.link.replace(text).is_some() {
                    return Err(OptionsError::SecondLink);
                }
            }
            _ => return Err(OptionsError::Unknown(text)),
        }
    }
    if let Some(what) = export {
        return Ok(Request::Export { profile: run.profile, what });
    }
    run.account = match (address, fd) {
        (None, None) if ca_file.is_some() || host.is_some() || port.is_some() || resource.is_some() => {
            return Err(OptionsError::NoAccount);
        }
        (None, None) => None,
        (Some(address), Some(fd)) => Some(Given {
            address: person_address(&address).ok_or(OptionsError::BadAddress(address))?,
            password: password(&fd).map_err(|error| OptionsError::Password { fd, error })?,
            ca_file,
            host,
            port,
            resource,
        }),
        _ => return Err(OptionsError::HalfAnAccount),
    };
    Ok(Request::Run(run))
}

/// Reads a password from a file descriptor that was handed to this process, up to the end of its first line.
pub fn read_password(fd: &str) -> io::Result<Secret> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "not a file descriptor");
    let number: u32 = fd.parse().map_err(|_| invalid())?;
    let mut text = String::new();
    File::open(format!("/proc/self/fd/{number}"))?.take(64 << 10).read_to_string(&mut text)?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is empty"));
    }
    Ok(Secret::new(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Request, String> {
        let password =
            |fd: &str| if fd == "3" { Ok(Secret::new("secret")) } else { Err(io::ErrorKind::NotFound.into()) };
        parse(line.split_whitespace().map(OsString::from), password).map_err(|error| error.to_string())
    }

    fn run(line: &str) -> Run {
        match read(line) {
            Ok(Request::Run(run)) => run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_account_can_be_given_in_full() {
        let run = run("--profile /p --account a@b --password-fd 3 --ca=/ca.pem --host h --port 5222 --resource=r");
        assert_eq!(run.profile, Some(PathBuf::from("/p")));
        let given = run.account.unwrap();
        assert_eq!((given.address.as_str(), given.password.expose(), given.port), ("a@b", "secret", Some(5222)));
        assert_eq!((given.ca_file, given.host.as_deref()), (Some(PathBuf::from("/ca.pem")), Some("h")));
        assert_eq!(given.resource.as_deref(), Some("r"));
    }

    #[test]
    fn a_link_and_the_ways_to_start_are_understood() {
        assert_eq!(run("xmpp:a@b?message").link.as_deref(), Some("xmpp:a@b?message"));
        assert!(run("--hidden").is_hidden && run("--gapplication-service").is_service);
        assert_eq!(run(""), Run::default());
    }

    #[test]
    fn what_only_prints_needs_nothing_else() {
        assert_eq!(read("--version"), Ok(Request::Version));
        assert_eq!(read("--profile /p --help"), Ok(Request::Help));
        let export = Request::Export { profile: Some("/p".into()), what: Export::Messages };
        assert_eq!(read("--profile /p --export messages"), Ok(export));
    }

    #[test]
    fn a_wrong_line_is_explained() {
        for (line, word) in [
            ("--frobnicate", "--help"),
            ("--profile", "needs a value"),
            ("--port 0 --account a@b --password-fd 3", "65535"),
            ("--port x --account a@b --password-fd 3", "65535"),
            ("--export everything", "messages"),
            ("--account a@b", "--password-fd"),
            ("--password-fd 3", "--account"),
            ("--account b --password-fd 3", "not an address"),
            ("--account a@b --password-fd 9", "descriptor 9"),
            ("--host h", "--account"),
            ("xmpp:a@b xmpp:c@d", "one link"),
            ("http://example.org", "no option"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
