//! How files come into a conversation: chosen, pasted, dropped.

use gettextrs::gettext;
use gtk::{gdk, gio, glib, prelude::*};

use super::attach_bar::AttachBar;

/// Asks which files.
pub fn choose(bar: &AttachBar) {
    let window = bar.root().and_downcast::<gtk::Window>();
    let dialog =
        gtk::FileDialog::builder().title(gettext("Send files")).accept_label(gettext("Attach")).modal(true).build();
    let weak = bar.downgrade();
    glib::spawn_future_local(async move {
        match dialog.open_multiple_future(window.as_ref()).await {
            Ok(files) => {
                if let Some(bar) = weak.upgrade() {
                    bar.add_files(files.iter::<gio::File>().filter_map(Result::ok).collect());
                }
            }
            Err(error) if error.matches(gtk::DialogError::Dismissed) => {}
            Err(error) => log::warn!("no files were chosen: {error}"),
        }
    });
}

/// Whether the clipboard holds files or a picture rather than text; then they are taken.
pub fn paste(bar: &AttachBar) -> bool {
    let clipboard = bar.clipboard();
    let formats = clipboard.formats();
    let weak = bar.downgrade();
    if formats.contains_type(gdk::FileList::static_type()) {
        glib::spawn_future_local(async move {
            let value = clipboard.read_value_future(gdk::FileList::static_type(), glib::Priority::DEFAULT).await;
            if let (Some(bar), Ok(files)) = (weak.upgrade(), value.map(|value| value.get::<gdk::FileList>()))
                && let Ok(files) = files
            {
                bar.add_files(files.files());
            }
        });
        return true;
    }
    // An office program offers a picture of the text beside the text.
    if formats.contains_type(glib::Type::STRING) || !formats.contains_type(gdk::Texture::static_type()) {
        return false;
    }
    glib::spawn_future_local(async move {
        match clipboard.read_texture_future().await {
            Ok(Some(texture)) => {
                if let Some(bar) = weak.upgrade() {
                    bar.add_texture(texture);
                }
            }
            Ok(None) => {}
            Err(error) => log::warn!("a picture could not be pasted: {error}"),
        }
    });
    true
}

/// Lets files and pictures be dropped on a widget.
pub fn accept_drops(widget: &impl IsA<gtk::Widget>, bar: &AttachBar) {
    let target = gtk::DropTarget::new(glib::Type::INVALID, gdk::DragAction::COPY);
    target.set_types(&[gdk::FileList::static_type(), gdk::Texture::static_type()]);
    let weak = bar.downgrade();
    target.connect_drop(move |_, value, _, _| {
        let Some(bar) = weak.upgrade() else { return false };
        if let Ok(files) = value.get::<gdk::FileList>() {
            bar.add_files(files.files());
            return true;
        }
        match value.get::<gdk::Texture>() {
            Ok(texture) => {
                bar.add_texture(texture);
                true
            }
            Err(_) => false,
        }
    });
    widget.add_controller(target);
}
