//! The links that were sent in a conversation, newest first: to open, or to see where they were sent.

use adw::prelude::*;
use gettextrs::gettext;
use gtk::{gio, glib, pango};

use super::{list_row, time_text};
use crate::{
    engine::api::MessageQuery,
    links,
    model::{Conversation, FoundMessage, MessageSearch, Messenger},
    plain_text::{isolated, one_line},
};

/// How close to the end more are fetched, in pages of what is seen.
const NEAR_END: f64 = 1.0;

mod imp {
    use std::cell::RefCell;

    use super::glib;
    use gtk::{prelude::*, subclass::prelude::*};

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::LinkRow)]
    pub struct LinkRow {
        /// What a screen reader says of the row.
        #[property(get, set)]
        pub description: RefCell<String>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for LinkRow {
        const NAME: &'static str = "StonechatLinkRow";
        type Type = super::LinkRow;
        type ParentType = gtk::Box;
    }

    #[glib::derived_properties]
    impl ObjectImpl for LinkRow {}
    impl WidgetImpl for LinkRow {}
    impl BoxImpl for LinkRow {}
}

glib::wrapper! {
    /// The links of one message; made anew for each.
    pub struct LinkRow(ObjectSubclass<imp::LinkRow>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

/// Shows them in a dialog.
pub fn present(parent: &impl IsA<gtk::Widget>, messenger: &Messenger, conversation: &Conversation) {
    let search = MessageSearch::new(messenger);
    let stack = gtk::Stack::new();
    stack.add_named(&list(&search), Some("links"));
    let nothing = adw::StatusPage::builder()
        .icon_name("view-list-symbolic")
        .title(gettext("No links yet"))
        .description(gettext("Links that either of you sends will stand here."))
        .css_classes(["compact"])
        .build();
    stack.add_named(&nothing, Some("nothing"));
    let show_page = {
        let (stack, search) = (stack.downgrade(), search.downgrade());
        move || {
            if let (Some(stack), Some(search)) = (stack.upgrade(), search.upgrade()) {
                let is_empty = search.n_items() == 0 && !search.is_loading();
                stack.set_visible_child_name(if is_empty { "nothing" } else { "links" });
            }
        }
    };
    search.connect_is_loading_notify(move |_| show_page());
    search.set_query(MessageQuery { conversation: Some(conversation.id()), has_link: true, ..MessageQuery::default() });
    let view = adw::ToolbarView::new();
    view.add_top_bar(&adw::HeaderBar::new());
    view.set_content(Some(&stack));
    let dialog = adw::Dialog::builder().title(gettext("Links")).content_width(460).content_height(560).build();
    dialog.set_child(Some(&view));
    dialog.present(Some(parent));
}

fn list(search: &MessageSearch) -> gtk::ScrolledWindow {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_bind(|_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
        if let Some(found) = item.item().and_downcast::<FoundMessage>() {
            item.set_activatable(false);
            list_row::fill(item, &row(&found));
        }
    });
    factory.connect_unbind(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(None::<&gtk::Widget>);
        }
    });
    // What only looks like a link has none.
    let has_links = gtk::CustomFilter::new(|item| {
        item.downcast_ref::<FoundMessage>().is_some_and(|found| !found.links().is_empty())
    });
    let model = gtk::FilterListModel::new(Some(search.clone()), Some(has_links));
    let view = gtk::ListView::new(Some(gtk::NoSelection::new(Some(model))), Some(factory));
    view.add_css_class("navigation-sidebar");
    view.update_property(&[gtk::accessible::Property::Label(&gettext("Links"))]);
    let scrolled =
        gtk::ScrolledWindow::builder().hscrollbar_policy(gtk::PolicyType::Never).vexpand(true).child(&view).build();
    let more = search.clone();
    let load_more = move |scroll: &gtk::Adjustment| {
        if scroll.upper() - scroll.value() < scroll.page_size() * (1.0 + NEAR_END) {
            more.load_more();
        }
    };
    let at_change = load_more.clone();
    scrolled.vadjustment().connect_value_changed(load_more);
    // Where few of those that came have a link, they do not fill the page.
    scrolled.vadjustment().connect_changed(at_change);
    scrolled
}

fn row(found: &FoundMessage) -> LinkRow {
    let row: LinkRow = glib::Object::builder().property("spacing", 6).build();
    let texts = gtk::Box::builder().orientation(gtk::Orientation::Vertical).hexpand(true).build();
    for link in found.links() {
        texts.append(&open_button(link));
    }
    let contact = found.conversation().contact();
    let who = if found.is_outgoing() { gettext("You") } else { isolated(&contact.display_name()) };
    let when = time_text::exact(found.time());
    let now = glib::DateTime::now_local().ok();
    let short = now.map(|now| time_text::short(found.time(), &now)).unwrap_or_default();
    let about = gtk::Label::builder()
        .label(format!("{who} · {short}"))
        .tooltip_text(&when)
        .xalign(0.0)
        .ellipsize(pango::EllipsizeMode::End)
        .margin_start(10)
        .css_classes(["caption", "dimmed"])
        .build();
    texts.append(&about);
    row.append(&texts);
    let place = gtk::Button::builder()
        .icon_name("find-location-symbolic")
        .tooltip_text(gettext("Show in the conversation"))
        .valign(gtk::Align::Center)
        .css_classes(["flat"])
        .action_name("win.show-message")
        .action_target(&(found.conversation().id().0, found.id().0).to_variant())
        .build();
    place.update_property(&[gtk::accessible::Property::Label(&gettext("Show in the conversation"))]);
    row.append(&place);
    row.set_description(format!("{}, {who}, {when}", found.links().join(", ")));
    row
}

fn open_button(link: &str) -> gtk::Button {
    // All of where it leads can be read: its beginning and its end.
    let text = gtk::Label::builder()
        .label(one_line(link))
        .xalign(0.0)
        .ellipsize(pango::EllipsizeMode::Middle)
        .css_classes(["accent"])
        .build();
    let button = gtk::Button::builder().child(&text).tooltip_text(link).css_classes(["flat"]).build();
    let link = link.to_owned();
    button.connect_clicked(move |button| {
        if !links::may_open(&link) {
            return;
        }
        let window = button.root().and_downcast::<gtk::Window>();
        gtk::UriLauncher::new(&link).launch(window.as_ref(), gio::Cancellable::NONE, |result| {
            if let Err(error) = result {
                log::warn!("a link could not be opened: {error}");
            }
        });
    });
    button
}
