//! Whom an account's server keeps away, each with a way to undo it.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::{blocking::entry_text, error_text};
use crate::{
    engine::api::{Command, Jid},
    model::{Account, Messenger},
};

mod imp {
    use super::super::watch::Watch;
    use super::{Account, Messenger, glib};
    use adw::subclass::prelude::*;
    use gtk::prelude::*;
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default)]
    pub struct BlockedGroup {
        pub(super) subject: OnceCell<(Messenger, Account)>,
        pub(super) watch: Watch,
        pub(super) rows: RefCell<Vec<adw::ActionRow>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for BlockedGroup {
        const NAME: &'static str = "StonechatBlockedGroup";
        type Type = super::BlockedGroup;
        type ParentType = adw::PreferencesGroup;
    }

    impl ObjectImpl for BlockedGroup {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_visible(false);
        }
    }
    impl WidgetImpl for BlockedGroup {}
    impl PreferencesGroupImpl for BlockedGroup {}
}

glib::wrapper! {
    /// A group of rows; not to be seen while nobody is blocked.
    pub struct BlockedGroup(ObjectSubclass<imp::BlockedGroup>)
        @extends adw::PreferencesGroup, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl BlockedGroup {
    /// Whose list it shows; once.
    pub fn set_account(&self, messenger: &Messenger, account: &Account) {
        let imp = self.imp();
        let is_fresh = imp.subject.set((messenger.clone(), account.clone())).is_ok();
        debug_assert!(is_fresh);
        let weak = self.downgrade();
        imp.watch.set(Some(account.upcast_ref()), move || {
            if let Some(group) = weak.upgrade() {
                group.update();
            }
        });
        self.update();
    }

    fn update(&self) {
        let imp = self.imp();
        let Some((_, account)) = imp.subject.get() else { return };
        let (blocked, shown) = (account.blocked(), imp.rows.borrow().len());
        let is_same = shown == blocked.len()
            && imp.rows.borrow().iter().zip(&blocked).all(|(row, entry)| row.title() == entry_text(entry));
        if is_same {
            return;
        }
        for row in imp.rows.take() {
            self.remove(&row);
        }
        let rows: Vec<_> = blocked.into_iter().map(|entry| self.row(entry)).collect();
        for row in &rows {
            self.add(row);
        }
        self.set_visible(!rows.is_empty());
        imp.rows.replace(rows);
    }

    fn row(&self, entry: Jid) -> adw::ActionRow {
        let text = entry_text(&entry);
        let row = adw::ActionRow::builder().use_markup(false).title(&text).title_lines(2).build();
        let button = gtk::Button::builder().label(gettext("Unblock")).valign(gtk::Align::Center).build();
        let name = gettext("Unblock {address}").replace("{address}", &text);
        button.update_property(&[gtk::accessible::Property::Label(&name)]);
        let weak = self.downgrade();
        button.connect_clicked(move |button| {
            if let Some(group) = weak.upgrade() {
                group.unblock(button, entry.clone());
            }
        });
        row.add_suffix(&button);
        row
    }

    fn unblock(&self, button: &gtk::Button, address: Jid) {
        let Some((messenger, account)) = self.imp().subject.get() else { return };
        let (engine, account) = (messenger.engine().clone(), account.id());
        button.set_sensitive(false);
        let (weak, button) = (self.downgrade(), button.downgrade());
        glib::spawn_future_local(async move {
            let result = engine.request(|reply| Command::Unblock { account, address, reply }).await;
            let Err(error) = result else { return };
            if let Some(button) = button.upgrade() {
                button.set_sensitive(true);
            }
            let dialog = weak.upgrade().and_then(|group| group.ancestor(adw::PreferencesDialog::static_type()));
            if let Some(dialog) = dialog.and_downcast::<adw::PreferencesDialog>() {
                dialog.add_toast(adw::Toast::new(&error_text::command(&error)));
            }
        });
    }
}
