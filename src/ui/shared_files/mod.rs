//! The files that were shared in a conversation, newest first: pictures and videos as a grid, all else as a list; to open, to
//! save, or to see where they were sent.
//!
//! | file | duty |
//! |---|---|
//! | `media_grid` | pictures and videos, as many as somebody scrolls to |
//! | `media_tile` | one of them, as a square |
//! | `file_list` | files and sound |
//! | `deed` | what can be done with one, and its menu |

mod deed;
mod file_list;
mod media_grid;
mod media_tile;

use adw::prelude::*;
use gettextrs::gettext;

use super::time_text;
use crate::{
    engine::api::{AttachmentKind, MessageQuery},
    model::{Conversation, FoundMessage, MessageSearch, Messenger},
    plain_text::isolated,
};

pub use file_list::FileRow;
pub use media_tile::MediaTile;

/// How close to the end more are found, in pages of what is seen.
const NEAR_END: f64 = 1.0;

/// Shows them in a dialog.
pub fn present(parent: &impl IsA<gtk::Widget>, messenger: &Messenger, conversation: &Conversation) {
    let of_kinds = |kinds: &[AttachmentKind]| {
        let search = MessageSearch::new(messenger);
        search.set_query(MessageQuery {
            conversation: Some(conversation.id()),
            files: kinds.to_vec(),
            ..MessageQuery::default()
        });
        search
    };
    let media = of_kinds(&[AttachmentKind::Picture, AttachmentKind::Video]);
    let files = of_kinds(&[AttachmentKind::Audio, AttachmentKind::Other]);
    let stack = adw::ViewStack::builder().vexpand(true).build();
    let nothing = page(
        &media,
        &media_grid::new(&media),
        "image-x-generic-symbolic",
        &gettext("No pictures or videos yet"),
        &gettext("Pictures and videos that either of you sends will stand here."),
    );
    stack.add_titled_with_icon(&nothing, Some("media"), &gettext("Media"), "image-x-generic-symbolic");
    let nothing = page(
        &files,
        &file_list::new(&files),
        "text-x-generic-symbolic",
        &gettext("No files yet"),
        &gettext("Files and sound that either of you sends will stand here."),
    );
    stack.add_titled_with_icon(&nothing, Some("files"), &gettext("Files"), "text-x-generic-symbolic");
    let switcher = adw::ViewSwitcher::builder().stack(&stack).policy(adw::ViewSwitcherPolicy::Wide).build();
    let view = adw::ToolbarView::new();
    view.add_top_bar(&adw::HeaderBar::builder().title_widget(&switcher).build());
    view.set_content(Some(&stack));
    let dialog =
        adw::Dialog::builder().title(gettext("Media and files")).content_width(560).content_height(620).build();
    dialog.set_child(Some(&view));
    dialog.present(Some(parent));
}

/// What was found, or that there is nothing.
fn page(
    search: &MessageSearch,
    content: &gtk::ScrolledWindow,
    icon: &str,
    title: &str,
    description: &str,
) -> gtk::Stack {
    let stack = gtk::Stack::new();
    stack.add_named(content, Some("found"));
    let nothing = adw::StatusPage::builder()
        .icon_name(icon)
        .title(title)
        .description(description)
        .css_classes(["compact"])
        .build();
    stack.add_named(&nothing, Some("nothing"));
    let show = {
        let stack = stack.downgrade();
        move |search: &MessageSearch| {
            if let Some(stack) = stack.upgrade() {
                let is_empty = search.n_items() == 0 && !search.is_loading();
                stack.set_visible_child_name(if is_empty { "nothing" } else { "found" });
            }
        }
    };
    let on_items = show.clone();
    search.connect_items_changed(move |search, _, _, _| on_items(search));
    search.connect_is_loading_notify(show);
    stack
}

/// Scrolls a list, and finds more when its end comes near.
fn scrolled(list: &impl IsA<gtk::Widget>, search: &MessageSearch) -> gtk::ScrolledWindow {
    let scrolled = gtk::ScrolledWindow::builder().hscrollbar_policy(gtk::PolicyType::Never).child(list).build();
    let more = search.clone();
    let load_more = move |scroll: &gtk::Adjustment| {
        if scroll.upper() - scroll.value() < scroll.page_size() * (1.0 + NEAR_END) {
            more.load_more();
        }
    };
    scrolled.vadjustment().connect_value_changed(load_more.clone());
    // A first page need not fill a large window.
    scrolled.vadjustment().connect_changed(load_more);
    scrolled
}

/// Who sent it, and when.
fn origin(found: &FoundMessage) -> String {
    format!("{} · {}", who(found), time_text::exact(found.time()))
}

fn who(found: &FoundMessage) -> String {
    let contact = found.conversation().contact();
    if found.is_outgoing() { gettext("You") } else { isolated(&contact.display_name()) }
}
