//! One banner for whatever account is not online: what it says, and what its button does.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, ngettext};
use gtk::{gio, glib};

use super::error_text;
use crate::{
    engine::api::{AccountId, Command, ConnectionState, Problem},
    model::{Account, Messenger},
    secret::Secret,
};

/// A connection that comes back within this time is no news.
const MINOR: i64 = 1_500;

mod imp {
    use super::{Account, AccountId, Messenger, glib};
    use adw::{prelude::*, subclass::prelude::*};
    use std::cell::{Cell, OnceCell, RefCell};

    #[derive(Debug, Default)]
    pub struct ConnectionBanner {
        pub banner: adw::Banner,
        pub messenger: OnceCell<Messenger>,
        pub list_handler: RefCell<Option<glib::SignalHandlerId>>,
        /// The accounts that are followed.
        pub followed: RefCell<Vec<(Account, glib::SignalHandlerId)>>,
        /// The account that it speaks of.
        pub told: Cell<Option<AccountId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConnectionBanner {
        const NAME: &'static str = "StonechatConnectionBanner";
        type Type = super::ConnectionBanner;
        type ParentType = adw::Bin;
    }

    impl ObjectImpl for ConnectionBanner {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_child(Some(&self.banner));
            let weak = self.obj().downgrade();
            self.banner.connect_button_clicked(move |_| {
                if let Some(banner) = weak.upgrade() {
                    banner.mend();
                }
            });
        }

        fn dispose(&self) {
            if let (Some(messenger), Some(handler)) = (self.messenger.get(), self.list_handler.take()) {
                messenger.accounts().disconnect(handler);
            }
            for (account, handler) in self.followed.take() {
                account.disconnect(handler);
            }
        }
    }
    impl WidgetImpl for ConnectionBanner {}
    impl BinImpl for ConnectionBanner {}
}

glib::wrapper! {
    /// The banner at the top of the window.
    pub struct ConnectionBanner(ObjectSubclass<imp::ConnectionBanner>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ConnectionBanner {
    /// Whose accounts it speaks of; once.
    pub fn set_messenger(&self, messenger: &Messenger) {
        let imp = self.imp();
        let is_fresh = imp.messenger.set(messenger.clone()).is_ok();
        debug_assert!(is_fresh);
        let weak = self.downgrade();
        let handler = messenger.accounts().connect_items_changed(move |_, _, _, _| {
            if let Some(banner) = weak.upgrade() {
                banner.follow();
            }
        });
        imp.list_handler.replace(Some(handler));
        self.follow();
    }

    fn each_account(&self) -> impl Iterator<Item = Account> + use<> {
        self.imp().messenger.get().into_iter().flat_map(Messenger::each_account).collect::<Vec<_>>().into_iter()
    }

    /// Follows the accounts that there are now, each once.
    fn follow(&self) {
        let followed = self.each_account().map(|account| {
            let weak = self.downgrade();
            let handler = account.connect_notify_local(None, move |_, _| {
                if let Some(banner) = weak.upgrade() {
                    banner.update();
                }
            });
            (account, handler)
        });
        for (account, handler) in self.imp().followed.replace(followed.collect()) {
            account.disconnect(handler);
        }
        self.update();
    }

    fn update(&self) {
        let imp = self.imp();
        for account in self.each_account().filter(Account::enabled) {
            match (word(&account.connection().0), imp.told.get() == Some(account.id())) {
                (Word::Trouble(text, button), _) => {
                    imp.told.set(Some(account.id()));
                    imp.banner.set_title(&text);
                    imp.banner.set_button_label(Some(&button));
                    return imp.banner.set_revealed(true);
                }
                // Nothing is known that was not before: as long as the server is away, each try would move the window.
                (Word::Trying, true) => return,
                (Word::Trying, false) | (Word::Nothing, _) => {}
            }
        }
        self.hide_banner();
    }

    fn hide_banner(&self) {
        self.imp().told.take();
        self.imp().banner.set_revealed(false);
    }

    /// Does what the button says, for each account that needs it.
    fn mend(&self) {
        let Some(messenger) = self.imp().messenger.get() else { return };
        for account in self.each_account().filter(Account::enabled) {
            match account.connection().0 {
                ConnectionState::NeedsPerson(Problem::WrongPassword | Problem::NoPassword) => {
                    ask_for_password(self, messenger, &account);
                }
                ConnectionState::NeedsPerson(Problem::WeakerSignIn) => ask_about_weaker(self, messenger, &account),
                ConnectionState::Waiting { .. } | ConnectionState::NeedsPerson(_) => {
                    // It comes back if that does not help.
                    self.hide_banner();
                    messenger.send(Command::ReconnectNow { account: account.id() });
                }
                ConnectionState::Offline | ConnectionState::Connecting(_) | ConnectionState::Online => {}
            }
        }
    }
}

/// What there is to say of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// Online, or offline by the person's wish.
    Nothing,
    /// About to be online, as far as one knows.
    Trying,
    /// What is wrong, and the button's label.
    Trouble(String, String),
}

fn word(state: &ConnectionState) -> Word {
    match state {
        ConnectionState::Offline | ConnectionState::Online => Word::Nothing,
        ConnectionState::Connecting(_) => Word::Trying,
        ConnectionState::Waiting { retry_at, problem } => {
            let left = retry_at.0 - glib::real_time() / 1_000;
            if left < MINOR {
                return Word::Trying;
            }
            Word::Trouble(format!("{} {}", error_text::problem(problem), next_try(left)), gettext("_Reconnect now"))
        }
        ConnectionState::NeedsPerson(problem) => {
            let button = match problem {
                Problem::WrongPassword | Problem::NoPassword => gettext("_Enter password"),
                Problem::WeakerSignIn => gettext("_Decide"),
                _ => gettext("_Try again"),
            };
            Word::Trouble(error_text::problem(problem), button)
        }
    }
}

/// In so many milliseconds. Said in a way that stays true: a server can be away for days, and counting down would wake the machine
/// and draw the window anew each second of them.
fn next_try(left: i64) -> String {
    let minutes = u32::try_from(left.saturating_add(59_999) / 60_000).unwrap_or(u32::MAX).max(1);
    ngettext("Next try within a minute.", "Next try within {n} minutes.", minutes).replace("{n}", &minutes.to_string())
}

/// The safe answer is the one that is given without reading.
fn ask_about_weaker(parent: &impl IsA<gtk::Widget>, messenger: &Messenger, account: &Account) {
    let why =
        gettext("{server} used to prove better who it is. Either it was set up anew, or somebody wants your password.");
    let advice = gettext("If you know of no change, try another network, or ask those who run the server.");
    let body = format!("{}\n\n{advice}", why.replace("{server}", account.address().domain().as_str()));
    let alert = adw::AlertDialog::builder()
        .heading(gettext("Sign in less safely?"))
        .body(body)
        .close_response("not-now")
        .default_response("not-now")
        .build();
    alert.add_responses(&[("not-now", &gettext("_Not now")), ("sign-in", &gettext("_Sign in anyway"))]);
    alert.set_response_appearance("sign-in", adw::ResponseAppearance::Destructive);
    let (messenger, id) = (messenger.clone(), account.id());
    alert.choose(Some(parent), gio::Cancellable::NONE, move |response| {
        if response == "sign-in" {
            messenger.send(Command::AcceptWeakerSignIn { account: id });
        }
    });
}

fn ask_for_password(parent: &impl IsA<gtk::Widget>, messenger: &Messenger, account: &Account) {
    let entry = adw::PasswordEntryRow::builder().title(gettext("Password")).activates_default(true).build();
    let group = adw::PreferencesGroup::new();
    group.add(&entry);
    let alert = adw::AlertDialog::builder()
        .heading(gettext("Password for {address}").replace("{address}", account.address().as_str()))
        .extra_child(&group)
        .close_response("cancel")
        .default_response("sign-in")
        .build();
    alert.add_responses(&[("cancel", &gettext("_Cancel")), ("sign-in", &gettext("_Sign in"))]);
    alert.set_response_appearance("sign-in", adw::ResponseAppearance::Suggested);
    alert.set_focus(Some(&entry));
    let (messenger, id) = (messenger.clone(), account.id());
    alert.choose(Some(parent), gio::Cancellable::NONE, move |response| {
        let text = entry.text();
        if response == "sign-in" && !text.is_empty() {
            let password = Secret::new(text.as_str());
            messenger.send(Command::SetPassword { account: id, password, remember: true });
        }
    });
}
