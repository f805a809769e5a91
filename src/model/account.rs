//! One account of the profile and where its connection stands.

use std::cell::{Cell, OnceCell, RefCell};

use glib::{prelude::*, subclass::prelude::*};

use super::{Availability, contact::set, text};
use crate::engine::api::{self, AccountId, BareJid, ConnectionState, Jid, ServerSettings};

/// Where an account stands, as a value for a property.
#[derive(Debug, Clone, PartialEq, Eq, glib::Boxed)]
#[boxed_type(name = "StonechatConnection")]
pub struct Connection(pub ConnectionState);

/// How far fetching its history has come, as a value for a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, glib::Boxed)]
#[boxed_type(name = "StonechatHistoryProgress", nullable)]
pub struct HistoryProgress(pub api::HistoryProgress);

mod imp {
    use super::api;
    use super::{
        AccountId, Availability, BareJid, Cell, Connection, ConnectionState, HistoryProgress, Jid, ObjectExt, OnceCell,
        RefCell,
    };
    use glib::subclass::prelude::*;

    #[derive(glib::Properties)]
    #[properties(wrapper_type = super::Account)]
    pub struct Account {
        pub identity: OnceCell<(AccountId, BareJid)>,
        pub snapshot: RefCell<Option<api::Account>>,
        #[property(get)]
        pub address_text: RefCell<String>,
        /// The nickname, else the address's local part, else the address.
        #[property(get)]
        pub display_name: RefCell<String>,
        #[property(get, nullable)]
        pub nickname: RefCell<Option<String>>,
        #[property(get)]
        pub enabled: Cell<bool>,
        #[property(get)]
        pub connection: RefCell<Connection>,
        #[property(get)]
        pub is_online: Cell<bool>,
        /// What the person chose.
        #[property(get, builder(Availability::default()))]
        pub availability: Cell<Availability>,
        #[property(get)]
        pub status: RefCell<String>,
        #[property(get, nullable)]
        pub avatar_path: RefCell<Option<String>>,
        #[property(get, nullable)]
        pub avatar_hash: RefCell<Option<String>>,
        /// While so much history is fetched that it takes a while.
        #[property(get, nullable)]
        pub history: RefCell<Option<HistoryProgress>>,
        /// Whom the server keeps away.
        pub blocked: RefCell<Vec<Jid>>,
        /// Goes up when that has changed.
        #[property(get)]
        pub blocked_version: Cell<u32>,
    }

    impl Default for Account {
        fn default() -> Self {
            Self {
                identity: OnceCell::new(),
                snapshot: RefCell::default(),
                address_text: RefCell::default(),
                display_name: RefCell::default(),
                nickname: RefCell::default(),
                enabled: Cell::default(),
                connection: RefCell::new(Connection(ConnectionState::Offline)),
                is_online: Cell::default(),
                availability: Cell::default(),
                status: RefCell::default(),
                avatar_path: RefCell::default(),
                avatar_hash: RefCell::default(),
                history: RefCell::default(),
                blocked: RefCell::default(),
                blocked_version: Cell::default(),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Account {
        const NAME: &'static str = "StonechatAccount";
        type Type = super::Account;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Account {}
}

glib::wrapper! {
    /// An account; one object for each.
    pub struct Account(ObjectSubclass<imp::Account>);
}

impl Account {
    pub(super) fn new(account: api::Account) -> Self {
        let this: Self = glib::Object::new();
        let imp = this.imp();
        let fresh = imp.identity.set((account.id, account.address.clone())).is_ok();
        debug_assert!(fresh);
        imp.address_text.replace(account.address.to_string());
        this.update(account);
        this
    }

    pub fn id(&self) -> AccountId {
        self.identity().0
    }

    pub fn address(&self) -> &BareJid {
        &self.identity().1
    }

    pub fn server(&self) -> ServerSettings {
        self.imp().snapshot.borrow().as_ref().map(|account| account.server.clone()).unwrap_or_default()
    }

    /// Whom the server keeps away: people, single clients, whole servers.
    pub fn blocked(&self) -> Vec<Jid> {
        self.imp().blocked.borrow().clone()
    }

    /// What on that list keeps somebody away: their own address, or else their whole server (XEP-0191 §5).
    pub(super) fn blocking_entry(&self, who: &BareJid) -> Option<Jid> {
        let blocked = self.imp().blocked.borrow();
        let find = |text: &str| blocked.binary_search_by(|entry| entry.as_str().cmp(text)).ok();
        let at = find(who.as_str()).or_else(|| find(who.domain().as_str()))?;
        blocked.get(at).cloned()
    }

    pub(super) fn set_blocked(&self, mut blocked: Vec<Jid>) {
        let imp = self.imp();
        blocked.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        if *imp.blocked.borrow() == blocked {
            return;
        }
        imp.blocked.replace(blocked);
        imp.blocked_version.set(imp.blocked_version.get().wrapping_add(1));
        self.notify_blocked_version();
    }

    pub(super) fn update(&self, account: api::Account) {
        let imp = self.imp();
        let _guard = self.freeze_notify();
        let name = text::shown(account.nickname.as_deref()).unwrap_or_else(|| {
            account.address.node().map_or_else(|| account.address.to_string(), std::string::ToString::to_string)
        });
        set(&imp.display_name, name, || self.notify_display_name());
        set(&imp.nickname, account.nickname.clone(), || self.notify_nickname());
        if imp.enabled.replace(account.enabled) != account.enabled {
            self.notify_enabled();
        }
        set(&imp.connection, Connection(account.connection.clone()), || self.notify_connection());
        let is_online = account.connection == ConnectionState::Online;
        if imp.is_online.replace(is_online) != is_online {
            self.notify_is_online();
        }
        let availability = account.availability.into();
        if imp.availability.replace(availability) != availability {
            self.notify_availability();
        }
        set(&imp.status, account.status.clone(), || self.notify_status());
        let avatar = account.avatar.as_ref();
        set(&imp.avatar_hash, avatar.map(|a| a.hash.as_str().to_owned()), || self.notify_avatar_hash());
        set(&imp.avatar_path, avatar.map(|a| a.path.to_string_lossy().into_owned()), || self.notify_avatar_path());
        set(&imp.history, account.history.map(HistoryProgress), || self.notify_history());
        imp.snapshot.replace(Some(account));
    }

    fn identity(&self) -> &(AccountId, BareJid) {
        self.imp().identity.get().expect("an account is made with its identity only")
    }
}
