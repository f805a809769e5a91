//! Files in words.

use gettextrs::gettext;
use gtk::glib;

use crate::{
    engine::api::{Attachment, AttachmentKind, AttachmentProblem, Transfer},
    plain_text::isolated,
    ui::media::clock,
};

/// One line for a list: what it is, and what is said beside it.
#[must_use]
pub fn line(kind: AttachmentKind, name: &str, caption: &str) -> String {
    let what = if kind == AttachmentKind::Other { isolated(name) } else { self::kind(kind, name) };
    if caption.is_empty() { what } else { format!("{what}: {caption}") }
}

/// What a screen reader says of a file in a message.
#[must_use]
pub fn description(attachment: &Attachment, caption: &str) -> String {
    let mut parts = vec![kind(attachment.kind, &attachment.name), isolated(&attachment.name)];
    parts.extend(attachment.length.map(clock::spoken));
    parts.extend(attachment.size.map(size));
    parts.extend(attachment.problem.map(|problem| self::problem(problem, !attachment.is_uploaded)));
    parts.extend(Some(caption.to_owned()).filter(|caption| !caption.is_empty()));
    parts.join(", ")
}

/// What kind of file it is.
#[must_use]
pub fn kind(kind: AttachmentKind, name: &str) -> String {
    match kind {
        AttachmentKind::Audio if is_recording(name) => gettext("Voice message"),
        AttachmentKind::Picture => gettext("Picture"),
        AttachmentKind::Video => gettext("Video"),
        AttachmentKind::Audio => gettext("Audio"),
        AttachmentKind::Other => gettext("File"),
    }
}

/// The picture of a kind of file.
#[must_use]
pub fn icon(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Picture => "image-x-generic-symbolic",
        AttachmentKind::Video => "video-x-generic-symbolic",
        AttachmentKind::Audio => "audio-x-generic-symbolic",
        AttachmentKind::Other => "text-x-generic-symbolic",
    }
}

/// Whether a name is one that programs give to what they record: a word for it, and when it was.
#[must_use]
pub fn is_recording(name: &str) -> bool {
    const WORDS: [&str; 6] = ["voice", "recording", "record", "audio", "memo", "ptt"];
    let name = name.to_ascii_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let rest = WORDS.iter().find_map(|word| stem.strip_prefix(word));
    rest.is_some_and(|rest| rest.bytes().filter(u8::is_ascii_digit).count() >= 6 && !rest.contains(char::is_alphabetic))
}

/// So many bytes, as the desktop writes them.
#[must_use]
pub fn size(bytes: u64) -> String {
    glib::format_size(bytes).into()
}

/// How far it has come.
#[must_use]
pub fn progress(transfer: Transfer) -> String {
    match transfer.total {
        // Translators: how much of a file has come or gone: "1.2 MB of 3.4 MB".
        Some(total) => {
            gettext("{done} of {total}").replace("{done}", &size(transfer.done)).replace("{total}", &size(total))
        }
        None if transfer.done == 0 => gettext("Waiting…"),
        None => size(transfer.done),
    }
}

/// Why it is not here, or with `is_ours` not there.
#[must_use]
pub fn problem(problem: AttachmentProblem, is_ours: bool) -> String {
    match problem {
        AttachmentProblem::Unreachable if is_ours => gettext("The server did not take the file. Try again later."),
        AttachmentProblem::Unreachable => gettext("The file can't be reached at the moment."),
        AttachmentProblem::Gone => gettext("The file is not there any more."),
        AttachmentProblem::Refused if is_ours => gettext("The server refuses the file."),
        AttachmentProblem::Refused => gettext("The file may not be fetched."),
        AttachmentProblem::TooLarge if is_ours => gettext("The file is too large for your server."),
        AttachmentProblem::TooLarge => gettext("The file is too large."),
        AttachmentProblem::Different => gettext("What came is not the file that was announced."),
        AttachmentProblem::NoService => gettext("Your server takes no files."),
        AttachmentProblem::Forbidden => gettext("The file lies at an address that is not safe."),
        AttachmentProblem::Lost if is_ours => gettext("The file could not be read."),
        AttachmentProblem::Lost => gettext("The file could not be kept."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_known_by_its_name() {
        for (name, expected) in [
            ("voice-2026-11-27-174303.ogg", true),
            ("Recording_20261127_174303.m4a", true),
            ("audio-20261127.opus", true),
            ("voice.ogg", false),
            ("Voices of 1990 to 1999.mp3", false),
            ("20261127.mp3", false),
        ] {
            assert_eq!(is_recording(name), expected, "{name}");
        }
    }
}
