//! The sidebar's search: conversations and contacts by their names, messages by their words.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::gio;

use super::{ConversationRow, Sidebar};
use crate::{
    engine::api::MessageQuery,
    model::{Contact, Conversation, FoundMessage, MessageSearch, fold},
    ui::{contact_row::ContactRow, found_row::FoundRow, list_row},
};

/// More messages are looked for when so much is left below, in heights of the list.
const NEAR_END: f64 = 2.0;

impl Sidebar {
    pub(super) fn set_up_results(&self) {
        let imp = self.imp();
        let filter = self.filter();
        let sorter = gtk::CustomSorter::new(|a, b| match (a.downcast_ref::<Contact>(), b.downcast_ref::<Contact>()) {
            (Some(a), Some(b)) => a.compare(b).into(),
            _ => gtk::Ordering::Equal,
        });
        let people = gtk::SortListModel::new(Some(self.messenger().contacts()), Some(sorter));
        let messages = MessageSearch::new(self.messenger());
        // Each is a section of its own, in this order.
        let all = gio::ListStore::new::<gio::ListModel>();
        for list in [self.messenger().conversations(), self.messenger().archived()] {
            all.append(&gtk::FilterListModel::new(Some(list), Some(filter.clone())));
        }
        all.append(&gtk::FilterListModel::new(Some(people), Some(filter.clone())));
        all.append(&messages);
        let found = gtk::FlattenListModel::new(Some(all));
        imp.results.set_factory(Some(&rows()));
        imp.results.set_header_factory(Some(&headers()));
        let weak = self.downgrade();
        messages.connect_items_changed(move |_, position, _, _| {
            let Some(sidebar) = weak.upgrade() else { return };
            sidebar.show_page();
            let results = &sidebar.imp().results;
            if position == 0 && results.model().is_some_and(|model| model.n_items() > 0) {
                // What was found for other words is no place to stay at.
                results.scroll_to(0, gtk::ListScrollFlags::NONE, None);
            }
        });
        if let Some(scroll) = imp.results.vadjustment() {
            let more = messages.clone();
            scroll.connect_value_changed(move |scroll| {
                if scroll.upper() - scroll.value() < scroll.page_size() * (1.0 + NEAR_END) {
                    more.load_more();
                }
            });
        }
        let weak = self.downgrade();
        imp.filters.connect_changed(move |_| {
            if let Some(sidebar) = weak.upgrade() {
                sidebar.search_for(&sidebar.imp().search.text());
            }
        });
        let fresh =
            imp.filter.set(filter).is_ok() && imp.found.set(found).is_ok() && imp.messages.set(messages).is_ok();
        debug_assert!(fresh);
    }

    fn filter(&self) -> gtk::CustomFilter {
        let (weak, messenger) = (self.downgrade(), self.messenger().downgrade());
        gtk::CustomFilter::new(move |item| {
            let (Some(sidebar), Some(messenger)) = (weak.upgrade(), messenger.upgrade()) else { return false };
            let wanted = sidebar.imp().wanted.borrow();
            if wanted.is_empty() {
                return false;
            }
            match (item.downcast_ref::<Conversation>(), item.downcast_ref::<Contact>()) {
                (Some(conversation), _) => conversation.matches(&wanted),
                // Whom a conversation stands for already is not shown twice.
                (_, Some(contact)) => {
                    contact.matches(&wanted)
                        && !messenger
                            .conversations()
                            .iter()
                            .chain(messenger.archived().iter())
                            .any(|c| c.contact() == *contact)
                }
                _ => false,
            }
        })
    }

    pub(super) fn open_result(&self, position: u32) {
        let chosen = self.imp().found.get().and_then(|found| found.item(position));
        if let Some(message) = chosen.and_downcast_ref::<FoundMessage>() {
            // The results stay: one may want the next of them.
            return self.emit_by_name::<()>("message-chosen", &[message]);
        }
        self.end_search();
        if let Some(conversation) = chosen.and_downcast_ref::<Conversation>() {
            self.emit_by_name::<()>("conversation-chosen", &[conversation]);
        } else if let Some(contact) = chosen.and_downcast_ref::<Contact>() {
            self.emit_by_name::<()>("contact-chosen", &[contact]);
        }
    }

    pub(super) fn search_for(&self, text: &str) {
        let imp = self.imp();
        let wanted = fold(text.trim());
        let change = match () {
            // Without words there are no names to be found.
            () if wanted.is_empty() || imp.wanted.borrow().is_empty() => gtk::FilterChange::Different,
            () if wanted.starts_with(&*imp.wanted.borrow()) => gtk::FilterChange::MoreStrict,
            () if imp.wanted.borrow().starts_with(&wanted) => gtk::FilterChange::LessStrict,
            () => gtk::FilterChange::Different,
        };
        imp.wanted.replace(wanted);
        let is_searching = self.is_searching();
        // The model hangs on the view only during a search: at other times nothing is filtered.
        if is_searching && imp.results.model().is_none() {
            let selection = gtk::NoSelection::new(imp.found.get().cloned());
            imp.results.set_model(Some(&selection));
        }
        if let Some(filter) = imp.filter.get() {
            filter.changed(change);
        }
        if let Some(messages) = imp.messages.get() {
            let mut query = MessageQuery { text: text.trim().to_owned(), ..MessageQuery::default() };
            imp.filters.narrow(&mut query);
            messages.set_query(query);
        }
        if !is_searching {
            imp.results.set_model(None::<&gtk::SelectionModel>);
        }
        self.show_page();
    }

    /// What messages are looked for by.
    pub fn words(&self) -> String {
        self.imp().messages.get().map(|messages| messages.query().text).unwrap_or_default()
    }

    /// Something is looked for: words, or only what the filters let through.
    pub(super) fn is_searching(&self) -> bool {
        !self.imp().wanted.borrow().is_empty() || self.imp().filters.is_narrow()
    }

    pub(super) fn end_search(&self) {
        self.imp().filters.clear();
        self.imp().search.set_text("");
        self.search_for("");
    }
}

fn rows() -> gtk::SignalListItemFactory {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_bind(|_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
        let object = item.item();
        if let Some(conversation) = object.and_downcast_ref::<Conversation>() {
            let row = ConversationRow::default();
            row.set_conversation(Some(conversation));
            list_row::fill(item, &row);
        } else if let Some(contact) = object.and_downcast_ref::<Contact>() {
            let row = ContactRow::default();
            row.set_contact(Some(contact));
            list_row::fill(item, &row);
        } else if let Some(found) = object.and_downcast_ref::<FoundMessage>() {
            list_row::fill(item, &FoundRow::new(found));
        }
    });
    factory.connect_unbind(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(None::<&gtk::Widget>);
        }
    });
    factory
}

/// What kind of thing follows.
fn headers() -> gtk::SignalListItemFactory {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_bind(|_, header| {
        let Some(header) = header.downcast_ref::<gtk::ListHeader>() else { return };
        let first = header.item();
        let title = match &first {
            Some(item) if item.is::<Conversation>() => gettext("Conversations"),
            Some(item) if item.is::<Contact>() => gettext("Contacts"),
            _ => gettext("Messages"),
        };
        let label = gtk::Label::builder().label(title).xalign(0.0).css_classes(["heading", "dimmed"]).build();
        header.set_child(Some(&label));
    });
    factory
}
