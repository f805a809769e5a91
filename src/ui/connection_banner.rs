//! One banner for whatever account is not online: what it says, and what its button does.

use std::time::Duration;

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, ngettext};
use gtk::{gio, glib};

use super::error_text;
use crate::{
    engine::api::{Command, ConnectionState, Problem},
    model::{Account, Messenger},
    secret::Secret,
};

/// A connection that comes back within this time is no news.
const MINOR: i64 = 1_500;

mod imp {
    use super::{Account, Messenger, glib};
    use adw::{prelude::*, subclass::prelude::*};
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default)]
    pub struct ConnectionBanner {
        pub banner: adw::Banner,
        pub messenger: OnceCell<Messenger>,
        pub list_handler: RefCell<Option<glib::SignalHandlerId>>,
        /// The accounts that are followed.
        pub followed: RefCell<Vec<(Account, glib::SignalHandlerId)>>,
        pub countdown: RefCell<Option<glib::SourceId>>,
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
            if let Some(timer) = self.countdown.take() {
                timer.remove();
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
        if let Some(timer) = imp.countdown.take() {
            timer.remove();
        }
        let troubled =
            self.each_account().filter(Account::enabled).find_map(|account| content(&account.connection().0));
        let Some(content) = troubled else { return imp.banner.set_revealed(false) };
        imp.banner.set_title(&content.text);
        imp.banner.set_button_label(content.button.as_deref());
        imp.banner.set_revealed(true);
        if let Some(next) = content.changes_in {
            let weak = self.downgrade();
            let timer = glib::timeout_add_local_once(next, move || {
                if let Some(banner) = weak.upgrade() {
                    banner.imp().countdown.take();
                    banner.update();
                }
            });
            imp.countdown.replace(Some(timer));
        }
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
                    messenger.send(Command::ReconnectNow { account: account.id() });
                }
                ConnectionState::Offline | ConnectionState::Connecting(_) | ConnectionState::Online => {}
            }
        }
    }
}

/// What the banner shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    text: String,
    button: Option<String>,
    /// When the text will be another one.
    changes_in: Option<Duration>,
}

/// `None` where there is nothing to say: online, offline by the person's wish, or about to be online.
fn content(state: &ConnectionState) -> Option<Content> {
    let now = glib::real_time() / 1_000;
    match state {
        ConnectionState::Offline | ConnectionState::Connecting(_) | ConnectionState::Online => None,
        ConnectionState::Waiting { retry_at, problem } => {
            let left = retry_at.0 - now;
            if left < MINOR {
                return None;
            }
            let seconds = u32::try_from(left / 1_000).unwrap_or_default().max(1);
            let retry = ngettext("Next try in {n} second.", "Next try in {n} seconds.", seconds)
                .replace("{n}", &seconds.to_string());
            Some(Content {
                text: format!("{} {retry}", error_text::problem(problem)),
                button: Some(gettext("_Reconnect now")),
                changes_in: Some(Duration::from_secs(1)),
            })
        }
        ConnectionState::NeedsPerson(problem) => Some(Content {
            text: error_text::problem(problem),
            button: Some(match problem {
                Problem::WrongPassword | Problem::NoPassword => gettext("_Enter password"),
                Problem::WeakerSignIn => gettext("_Decide"),
                _ => gettext("_Try again"),
            }),
            changes_in: None,
        }),
    }
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
