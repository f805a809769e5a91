//! Hands a file to another program, or keeps it elsewhere. Which program that is, the desktop decides and the person.

use std::path::Path;

use adw::prelude::*;
use gettextrs::gettext;
use gtk::{gio, glib};

use crate::plain_text::isolated;

/// Types that a program may carry out rather than show.
const DANGEROUS: [&str; 46] = [
    "appimage",
    "apk",
    "bash",
    "bat",
    "bin",
    "chm",
    "cmd",
    "com",
    "deb",
    "desktop",
    "dll",
    "dmg",
    "docm",
    "elf",
    "exe",
    "flatpak",
    "flatpakref",
    "hta",
    "htm",
    "html",
    "iso",
    "jar",
    "js",
    "lnk",
    "mjs",
    "msi",
    "php",
    "pl",
    "ps1",
    "py",
    "rb",
    "rpm",
    "run",
    "scr",
    "service",
    "sh",
    "snap",
    "so",
    "svg",
    "url",
    "vbs",
    "wasm",
    "webloc",
    "xhtml",
    "xlsm",
    "zsh",
];

/// Whether one should think twice.
#[must_use]
pub fn is_dangerous(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| DANGEROUS.contains(&extension.as_str()))
}

/// Opens a file with the desktop's program for it; asks first where it may do something by itself.
pub fn open(widget: &impl IsA<gtk::Widget>, path: &Path, name: &str) {
    if !is_dangerous(name) {
        return launch(widget, path);
    }
    let dialog = adw::AlertDialog::new(
        Some(&gettext("Open this file?")),
        Some(
            &gettext("“{name}” may run as a program and do harm. Open it only if you trust whoever sent it.")
                .replace("{name}", &isolated(name)),
        ),
    );
    dialog.add_response("cancel", &gettext("Cancel"));
    dialog.add_response("open", &gettext("Open"));
    dialog.set_response_appearance("open", adw::ResponseAppearance::Destructive);
    dialog.set_default_response(Some("cancel"));
    dialog.set_close_response("cancel");
    let (weak, path) = (widget.upcast_ref::<gtk::Widget>().downgrade(), path.to_owned());
    dialog.connect_response(Some("open"), move |_, _| {
        if let Some(widget) = weak.upgrade() {
            launch(&widget, &path);
        }
    });
    dialog.present(Some(widget));
}

fn launch(widget: &impl IsA<gtk::Widget>, path: &Path) {
    let window = widget.root().and_downcast::<gtk::Window>();
    let launcher = gtk::FileLauncher::new(Some(&gio::File::for_path(path)));
    let weak = widget.upcast_ref::<gtk::Widget>().downgrade();
    launcher.launch(window.as_ref(), gio::Cancellable::NONE, move |result| {
        let Err(error) = result else { return };
        if !error.matches(gtk::DialogError::Dismissed) {
            log::warn!("a file could not be opened: {error}");
            tell(weak.upgrade(), &gettext("No program could open this file."));
        }
    });
}

/// Asks where to, and copies the file there.
pub fn save(widget: &impl IsA<gtk::Widget>, path: &Path, name: &str) {
    let window = widget.root().and_downcast::<gtk::Window>();
    let dialog = gtk::FileDialog::builder().title(gettext("Save file")).initial_name(name).modal(true).build();
    let (weak, source) = (widget.upcast_ref::<gtk::Widget>().downgrade(), gio::File::for_path(path));
    glib::spawn_future_local(async move {
        let target = match dialog.save_future(window.as_ref()).await {
            Ok(target) => target,
            Err(error) => {
                if !error.matches(gtk::DialogError::Dismissed) {
                    log::warn!("no place was chosen: {error}");
                }
                return;
            }
        };
        let (copied, _) = source.copy_future(&target, gio::FileCopyFlags::OVERWRITE, glib::Priority::DEFAULT);
        if let Err(error) = copied.await {
            log::warn!("a file could not be saved: {error}");
            tell(weak.upgrade(), &gettext("The file could not be saved there."));
        }
    });
}

fn tell(widget: Option<gtk::Widget>, text: &str) {
    let Some(widget) = widget else { return };
    let dialog = adw::AlertDialog::new(Some(&gettext("That did not work")), Some(text));
    dialog.add_response("close", &gettext("Close"));
    dialog.present(Some(&widget));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_do_something_by_itself_is_asked_about() {
        for (name, expected) in [
            ("a.exe", true),
            ("photo.png.SH", true),
            ("a.desktop", true),
            ("a.html", true),
            ("a.pdf", false),
            ("a.png", false),
            ("exe", false),
            ("", false),
        ] {
            assert_eq!(is_dangerous(name), expected, "{name}");
        }
    }
}
