//! Somebody to talk with: on the roster, or only known from a conversation.

use std::cell::{Cell, OnceCell, RefCell};

use glib::{prelude::*, subclass::prelude::*};

use super::text;
use crate::engine::api::{self, AccountId, Avatar, BareJid, Jid, Presence, Subscription};
use crate::folding;

/// What a presence says of somebody, as a value that widgets can bind to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, glib::Enum)]
#[enum_type(name = "StonechatAvailability")]
pub enum Availability {
    #[default]
    Offline,
    ExtendedAway,
    Away,
    DoNotDisturb,
    Online,
    FreeForChat,
}

impl From<api::Availability> for Availability {
    fn from(availability: api::Availability) -> Self {
        match availability {
            api::Availability::Offline => Self::Offline,
            api::Availability::ExtendedAway => Self::ExtendedAway,
            api::Availability::Away => Self::Away,
            api::Availability::DoNotDisturb => Self::DoNotDisturb,
            api::Availability::Online => Self::Online,
            api::Availability::FreeForChat => Self::FreeForChat,
        }
    }
}

impl From<Availability> for api::Availability {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::Offline => Self::Offline,
            Availability::ExtendedAway => Self::ExtendedAway,
            Availability::Away => Self::Away,
            Availability::DoNotDisturb => Self::DoNotDisturb,
            Availability::Online => Self::Online,
            Availability::FreeForChat => Self::FreeForChat,
        }
    }
}

mod imp {
    use super::{AccountId, Availability, BareJid, Cell, Jid, ObjectExt, OnceCell, RefCell, api};
    use glib::subclass::prelude::*;

    #[derive(Default, glib::Properties)]
    #[properties(wrapper_type = super::Contact)]
    pub struct Contact {
        pub identity: OnceCell<(AccountId, BareJid)>,
        pub snapshot: RefCell<Option<api::Contact>>,
        /// What `matches` looks in: name, nickname and address, folded.
        pub search_key: RefCell<String>,
        pub sort_key: RefCell<String>,
        /// The address as text.
        #[property(get)]
        pub address_text: RefCell<String>,
        /// Roster name, else nickname, else the address's local part, else the address.
        #[property(get)]
        pub display_name: RefCell<String>,
        /// The name that the person gave on the roster.
        #[property(get, nullable)]
        pub name: RefCell<Option<String>>,
        /// What the contact calls itself.
        #[property(get, nullable)]
        pub nickname: RefCell<Option<String>>,
        #[property(get)]
        pub in_roster: Cell<bool>,
        #[property(get)]
        pub groups: RefCell<Vec<String>>,
        /// We asked to see this contact's presence and have no answer yet.
        #[property(get)]
        pub is_pending: Cell<bool>,
        #[property(get, builder(Availability::default()))]
        pub availability: Cell<Availability>,
        /// The status text of the contact's presence, in one line.
        #[property(get, nullable)]
        pub status: RefCell<Option<String>>,
        #[property(get, nullable)]
        pub avatar_path: RefCell<Option<String>>,
        #[property(get, nullable)]
        pub avatar_hash: RefCell<Option<String>>,
        /// What on the account's block list keeps them away.
        pub blocked_by: RefCell<Option<Jid>>,
        /// They can't reach the account.
        #[property(get)]
        pub is_blocked: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Contact {
        const NAME: &'static str = "StonechatContact";
        type Type = super::Contact;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Contact {}
}

glib::wrapper! {
    /// A contact; one object for each account and address.
    pub struct Contact(ObjectSubclass<imp::Contact>);
}

impl Contact {
    pub(super) fn new(contact: &api::Contact) -> Self {
        let this: Self = glib::Object::new();
        let imp = this.imp();
        let fresh = imp.identity.set((contact.account, contact.address.clone())).is_ok();
        debug_assert!(fresh);
        imp.address_text.replace(contact.address.to_string());
        this.update(contact);
        this
    }

    /// Somebody of whom only the address is known.
    pub(super) fn stranger(account: AccountId, address: BareJid) -> Self {
        Self::new(&nobody(account, address))
    }

    pub fn account(&self) -> AccountId {
        self.identity().0
    }

    pub fn address(&self) -> &BareJid {
        &self.identity().1
    }

    pub fn subscription(&self) -> Subscription {
        self.imp().snapshot.borrow().as_ref().map_or(Subscription::None, |contact| contact.subscription)
    }

    /// Whether a search for `folded` (see [`super::fold`]) finds this contact.
    pub fn matches(&self, folded: &str) -> bool {
        self.imp().search_key.borrow().contains(folded)
    }

    /// What contacts are sorted by in a list of names.
    pub fn sort_key(&self) -> String {
        self.imp().sort_key.borrow().clone()
    }

    /// By name, then by address.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let (a, b) = (self.imp(), other.imp());
        a.sort_key.borrow().cmp(&b.sort_key.borrow()).then_with(|| self.address().cmp(other.address()))
    }

    pub(super) fn update(&self, contact: &api::Contact) {
        let imp = self.imp();
        if imp.snapshot.borrow().as_ref() == Some(contact) {
            return;
        }
        let old_subscription = self.subscription();
        imp.snapshot.replace(Some(contact.clone()));
        let _guard = self.freeze_notify();
        let name = contact.display_name();
        let nickname = text::shown(contact.nickname.as_deref());
        let is_renamed = *imp.display_name.borrow() != name;
        if is_renamed || *imp.nickname.borrow() != nickname {
            let key = format!("{}\n{}", name, nickname.as_deref().unwrap_or_default());
            imp.search_key.replace(format!("{}\n{}", folding::fold(&key), contact.address));
        }
        if is_renamed {
            imp.sort_key.replace(folding::fold(&name));
            imp.display_name.replace(name);
            self.notify_display_name();
        }
        set(&imp.name, text::shown(contact.name.as_deref()), || self.notify_name());
        set(&imp.nickname, nickname, || self.notify_nickname());
        let groups = contact.groups.iter().filter_map(|group| text::shown(Some(group))).collect();
        set(&imp.groups, groups, || self.notify_groups());
        if imp.in_roster.replace(contact.in_roster) != contact.in_roster {
            self.notify_in_roster();
        }
        if imp.is_pending.replace(contact.is_pending) != contact.is_pending || old_subscription != contact.subscription
        {
            self.notify_is_pending();
        }
        self.show_presence(&contact.presence);
        self.show_avatar(contact.avatar.as_ref());
    }

    pub(super) fn set_presence(&self, presence: Presence) {
        let _guard = self.freeze_notify();
        self.show_presence(&presence);
        if let Some(contact) = self.imp().snapshot.borrow_mut().as_mut() {
            contact.presence = presence;
        }
    }

    pub(super) fn set_avatar(&self, avatar: Option<Avatar>) {
        let _guard = self.freeze_notify();
        self.show_avatar(avatar.as_ref());
        if let Some(contact) = self.imp().snapshot.borrow_mut().as_mut() {
            contact.avatar = avatar;
        }
    }

    /// What on the account's block list keeps them away: their address, or their whole server.
    pub fn blocked_by(&self) -> Option<Jid> {
        self.imp().blocked_by.borrow().clone()
    }

    pub(super) fn set_blocked_by(&self, entry: Option<Jid>) {
        let imp = self.imp();
        if *imp.blocked_by.borrow() == entry {
            return;
        }
        let is_blocked = entry.is_some();
        imp.blocked_by.replace(entry);
        let _guard = self.freeze_notify();
        imp.is_blocked.set(is_blocked);
        self.notify_is_blocked();
        let presence = imp.snapshot.borrow().as_ref().map(|contact| contact.presence.clone()).unwrap_or_default();
        self.show_presence(&presence);
    }

    /// Off the roster: what it said of the contact is gone, what the contact says of itself stays.
    pub(super) fn forget_roster(&self) {
        let mut contact = nobody(self.account(), self.address().clone());
        if let Some(known) = self.imp().snapshot.borrow().as_ref() {
            contact.nickname.clone_from(&known.nickname);
            contact.avatar.clone_from(&known.avatar);
        }
        self.update(&contact);
    }

    fn identity(&self) -> &(AccountId, BareJid) {
        self.imp().identity.get().expect("a contact is made with its identity only")
    }

    fn show_presence(&self, presence: &Presence) {
        let imp = self.imp();
        // Nothing is heard of whoever is kept away.
        let nothing = Presence::default();
        let presence = if self.is_blocked() { &nothing } else { presence };
        let availability = presence.availability.into();
        if imp.availability.replace(availability) != availability {
            self.notify_availability();
        }
        set(&imp.status, text::shown(presence.status.as_deref()), || self.notify_status());
    }

    fn show_avatar(&self, avatar: Option<&Avatar>) {
        let imp = self.imp();
        set(&imp.avatar_hash, avatar.map(|a| a.hash.as_str().to_owned()), || self.notify_avatar_hash());
        set(&imp.avatar_path, avatar.map(|a| a.path.to_string_lossy().into_owned()), || self.notify_avatar_path());
    }
}

fn nobody(account: AccountId, address: BareJid) -> api::Contact {
    api::Contact {
        account,
        address,
        in_roster: false,
        name: None,
        nickname: None,
        groups: Vec::new(),
        subscription: Subscription::None,
        is_pending: false,
        presence: Presence::default(),
        avatar: None,
    }
}

/// Sets a field and tells of it, if it is another value.
pub(super) fn set<T: PartialEq>(field: &RefCell<T>, value: T, notify: impl FnOnce()) {
    if *field.borrow() != value {
        field.replace(value);
        notify();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::contact;

    #[test]
    fn what_a_contact_chose_is_shown_without_tricks() {
        let mut somebody = contact("mallory@a.example");
        somebody.nickname = Some("Bob\u{202e}\nnimda".to_owned());
        somebody.groups = vec!["\u{200b}".to_owned(), "Fri\u{2066}ends".to_owned()];
        somebody.presence.status = Some("at\nlunch\u{2067}".to_owned());
        let shown = Contact::new(&somebody);
        assert_eq!(shown.display_name(), "Bob nimda");
        assert_eq!(shown.groups(), ["Friends"]);
        assert_eq!(shown.status().as_deref(), Some("at lunch"));
        // Who shows nothing is called by their address.
        somebody.nickname = Some("\u{3164}\u{200b}".to_owned());
        shown.update(&somebody);
        assert_eq!((shown.display_name().as_str(), shown.nickname()), ("mallory", None));
    }

    #[test]
    fn a_new_nickname_is_found_though_the_name_stays() {
        let mut somebody = contact("bob@a.example");
        somebody.name = Some("Bob".to_owned());
        let known = Contact::new(&somebody);
        assert!(!known.matches("robert"));
        somebody.nickname = Some("Robert".to_owned());
        known.update(&somebody);
        assert!(known.matches("robert") && known.matches("bob"));
    }
}
