//! The texts that a message has had, the newest first.

use adw::prelude::*;
use gettextrs::gettext;

use super::{spoiler, time_text};
use crate::engine::api::Revision;

/// `revisions` has the first text first, where that is known; texts that can be covered are, where `is_covered`.
#[must_use]
pub fn new(revisions: &[Revision], is_covered: bool) -> adw::Dialog {
    let list = gtk::ListBox::builder()
        .selection_mode(gtk::SelectionMode::None)
        .css_classes(["boxed-list"])
        .valign(gtk::Align::Start)
        .build();
    for revision in revisions.iter().rev() {
        let title = time_text::exact(revision.time);
        let title = if revision.is_original {
            gettext("{time}, as it was written first").replace("{time}", &title)
        } else {
            title
        };
        let time =
            gtk::Label::builder().label(&title).xalign(0.0).wrap(true).css_classes(["caption", "dimmed"]).build();
        let text = gtk::Label::builder()
            .label(match &revision.format.spoiler {
                Some(hint) if is_covered => spoiler::words(hint),
                _ => revision.body.clone(),
            })
            .xalign(0.0)
            .wrap(true)
            .wrap_mode(gtk::pango::WrapMode::WordChar)
            .selectable(true)
            .build();
        let lines = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .spacing(4)
            .margin_top(10)
            .margin_bottom(10)
            .margin_start(12)
            .margin_end(12)
            .build();
        lines.append(&time);
        lines.append(&text);
        list.append(&gtk::ListBoxRow::builder().child(&lines).activatable(false).build());
    }
    let clamp =
        adw::Clamp::builder().child(&list).margin_top(12).margin_bottom(12).margin_start(12).margin_end(12).build();
    let scroller = gtk::ScrolledWindow::builder()
        .hscrollbar_policy(gtk::PolicyType::Never)
        .propagate_natural_height(true)
        .child(&clamp)
        .build();
    let view = adw::ToolbarView::new();
    view.add_top_bar(&adw::HeaderBar::new());
    view.set_content(Some(&scroller));
    adw::Dialog::builder().title(gettext("Earlier texts")).content_width(420).child(&view).build()
}
