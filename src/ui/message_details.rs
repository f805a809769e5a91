//! All that is known of one message: who wrote it and when, how far it has come, when it was edited, what its file is.
//!
//! Knows the message and the texts that it has had; each line can be selected, and all of them copied.

use adw::prelude::*;
use gettextrs::gettext;

use super::{attachment::words, error_text, message_row::state_in_words, spoiler, time_text};
use crate::{
    engine::api::{Attachment, Revision},
    model::Message,
    plain_text::one_line,
};

/// What a line is about, and what it says.
type Line = (String, String);

/// `who` is what its author is called; `revisions` has the first text first.
#[must_use]
pub fn new(message: &Message, who: &str, revisions: &[Revision]) -> adw::Dialog {
    let lines = lines(message, who, revisions);
    let list = gtk::ListBox::builder()
        .selection_mode(gtk::SelectionMode::None)
        .css_classes(["boxed-list"])
        .valign(gtk::Align::Start)
        .build();
    for (title, text) in &lines {
        // What others wrote is no markup.
        let row = adw::ActionRow::builder()
            .use_markup(false)
            .title(title)
            .subtitle(text)
            .subtitle_selectable(true)
            .css_classes(["property"])
            .build();
        list.append(&row);
    }
    let clamp =
        adw::Clamp::builder().child(&list).margin_top(12).margin_bottom(12).margin_start(12).margin_end(12).build();
    let scroller = gtk::ScrolledWindow::builder()
        .hscrollbar_policy(gtk::PolicyType::Never)
        .propagate_natural_height(true)
        .child(&clamp)
        .build();
    let copy = gtk::Button::builder().icon_name("edit-copy-symbolic").tooltip_text(gettext("Copy all")).build();
    copy.update_property(&[gtk::accessible::Property::Label(&gettext("Copy all"))]);
    let text = lines.iter().map(|(title, text)| format!("{title}: {text}")).collect::<Vec<_>>().join("\n");
    copy.connect_clicked(move |copy| copy.clipboard().set_text(&text));
    let header = adw::HeaderBar::new();
    header.pack_start(&copy);
    let view = adw::ToolbarView::new();
    view.add_top_bar(&header);
    view.set_content(Some(&scroller));
    adw::Dialog::builder().title(gettext("Message details")).content_width(420).child(&view).build()
}

fn lines(message: &Message, who: &str, revisions: &[Revision]) -> Vec<Line> {
    let mut lines = vec![
        (gettext("From"), format!("{} ({})", one_line(who), message.sender())),
        (gettext("Written"), time_text::to_the_second(message.time())),
    ];
    lines.extend(state_in_words(message.state()).map(|state| (gettext("State"), state)));
    lines.extend(message.failure().map(|failure| (gettext("Reason"), error_text::send_failure(failure))));
    let (originals, edits): (Vec<_>, Vec<_>) = revisions.iter().partition(|revision| revision.is_original);
    let edited: Vec<_> = edits.iter().map(|revision| time_text::to_the_second(revision.time)).collect();
    if !edited.is_empty() {
        lines.push((gettext("Edited"), edited.join("\n")));
        if originals.is_empty() {
            // Translators: of a message that was edited, the text that was written first.
            lines.push((gettext("First text"), gettext("Was not found")));
        }
    }
    match message.format().spoiler.filter(|_| message.is_covered()) {
        Some(hint) => lines.extend(message.attachment().map(|_| (gettext("File"), spoiler::words(&hint)))),
        None => lines.extend(message.attachment().iter().flat_map(file)),
    }
    lines
}

fn file(file: &Attachment) -> Vec<Line> {
    let mut lines = vec![
        (gettext("File"), one_line(&file.name).into_owned()),
        (gettext("Type"), one_line(&file.media_type).into_owned()),
    ];
    lines.extend(file.size.map(|size| (gettext("Size"), words::size(size))));
    lines.extend(file.dimensions.map(|(width, height)| (gettext("Width and height"), format!("{width} × {height}"))));
    lines
}
