//! The application: one for each profile on a session bus. It starts the engine, shows the window, and knows the actions
//! that need no conversation.

use std::{
    cell::{OnceCell, RefCell},
    fs::File,
    process::ExitCode,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gio, glib};

use super::{
    AccountDialog, AddContactDialog, PreferencesDialog, Profile, RequestsDialog, ShortcutsDialog, Window, about_dialog,
    desktop::Services, link, register_resources, shortcuts,
};
use crate::{
    config,
    engine::{
        self, EngineConfig,
        api::{
            Availability, BareJid, Command, CommandError, ConversationId, EngineHandle, Events, NewAccount,
            ServerSettings,
        },
        clock::{RandomIds, SystemClock},
        secrets::{Keyring, MemorySecrets, SecretStore},
    },
    model::Messenger,
    options::{Given, Run},
    xmpp::session::Trust,
};

/// How long the engine may take to say goodbye to the servers.
const FAREWELL: Duration = Duration::from_secs(3);

mod imp {
    use super::{
        EngineHandle, Events, File, Messenger, OnceCell, Profile, Rc, RefCell, Run, Services, Window, gio, glib,
    };
    use adw::subclass::prelude::*;
    use gtk::prelude::*;

    #[derive(Default)]
    pub struct Application {
        pub profile: OnceCell<Profile>,
        pub run: RefCell<Run>,
        pub lock: OnceCell<File>,
        pub engine: RefCell<Option<(EngineHandle, Events)>>,
        pub messenger: OnceCell<Messenger>,
        pub settings: OnceCell<gio::Settings>,
        pub services: OnceCell<Rc<Services>>,
        pub window: RefCell<Option<Window>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Application {
        const NAME: &'static str = "StonechatApplication";
        type Type = super::Application;
        type ParentType = adw::Application;
    }

    impl ObjectImpl for Application {}

    impl ApplicationImpl for Application {
        /// Only in the first instance of a profile.
        fn startup(&self) {
            // The database opens while GTK does.
            self.obj().start_engine();
            self.parent_startup();
            self.obj().prepare();
        }

        fn activate(&self) {
            self.parent_activate();
            self.obj().show_window();
        }

        fn open(&self, files: &[gio::File], _hint: &str) {
            self.obj().show_window();
            for file in files {
                self.obj().open_link(&file.uri());
            }
        }

        fn shutdown(&self) {
            self.obj().say_goodbye();
            self.parent_shutdown();
        }
    }

    impl GtkApplicationImpl for Application {
        /// A window that was closed can't be shown again, though somebody still holds it.
        fn window_removed(&self, window: &gtk::Window) {
            self.parent_window_removed(window);
            let is_ours = self.window.borrow().as_ref().is_some_and(|ours| ours.upcast_ref::<gtk::Window>() == window);
            if is_ours {
                self.window.take();
            }
        }
    }
    impl AdwApplicationImpl for Application {}
}

glib::wrapper! {
    /// A running Stonechat.
    pub struct Application(ObjectSubclass<imp::Application>)
        @extends adw::Application, gtk::Application, gio::Application,
        @implements gio::ActionGroup, gio::ActionMap;
}

/// Runs until the last window is closed, or hands the wish over to the instance that runs already.
#[must_use]
pub fn run(run: Run) -> ExitCode {
    register_resources();
    speak_the_persons_language();
    let profile = Profile::new(run.profile.clone());
    let flags = if run.is_service {
        gio::ApplicationFlags::HANDLES_OPEN | gio::ApplicationFlags::IS_SERVICE
    } else {
        gio::ApplicationFlags::HANDLES_OPEN
    };
    let application: Application = glib::Object::builder()
        .property("application-id", profile.application_id())
        .property("resource-base-path", "/im/stonechat/Stonechat")
        .property("flags", flags)
        .build();
    let link = run.link.clone();
    let imp = application.imp();
    let _ = imp.profile.set(profile);
    imp.run.replace(run);
    // What follows the program's name was read already.
    let mut arguments = vec!["stonechat".to_owned()];
    arguments.extend(link);
    glib::set_prgname(Some(config::APP_ID));
    glib::set_application_name(config::APP_NAME);
    let code = application.run_with_args(&arguments);
    ExitCode::from(u8::try_from(i32::from(code)).unwrap_or(1))
}

impl Application {
    /// An application for an engine that runs already; tests play one.
    #[must_use]
    pub fn with_engine(profile: Profile, engine: EngineHandle, events: Events) -> Self {
        let application: Self = glib::Object::builder()
            .property("application-id", profile.application_id())
            .property("resource-base-path", "/im/stonechat/Stonechat")
            .build();
        let imp = application.imp();
        let _ = imp.profile.set(profile);
        imp.engine.replace(Some((engine, events)));
        application
    }

    pub fn messenger(&self) -> &Messenger {
        self.imp().messenger.get().expect("made at the start")
    }

    pub fn settings(&self) -> &gio::Settings {
        self.imp().settings.get().expect("made at the start")
    }

    fn start_engine(&self) {
        let imp = self.imp();
        if imp.engine.borrow().is_some() {
            return;
        }
        let profile = imp.profile.get().expect("given before the start");
        match profile.lock() {
            Ok(Some(lock)) => drop(imp.lock.set(lock)),
            Ok(None) => {
                eprintln!("stonechat: {} is in use by another Stonechat", profile.dir().display());
                std::process::exit(1);
            }
            // The engine will say why the directory can't be used.
            Err(error) => log::warn!("{}: {error}", profile.dir().display()),
        }
        let given = imp.run.borrow_mut().account.take();
        // An account that a script gave needs no keyring, and must not make one ask for its password.
        let secrets: Arc<dyn SecretStore> = match &given {
            Some(given) => Arc::new(MemorySecrets::with(given.address.clone(), given.password.clone())),
            None => Arc::new(Keyring::default()),
        };
        let (handle, events) = engine::start(EngineConfig {
            data_dir: profile.dir().to_owned(),
            secrets,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            trust: Arc::new(Trust::default()),
        });
        if let Some(given) = given {
            sign_in(&handle, given);
        }
        imp.engine.replace(Some((handle, events)));
    }

    fn prepare(&self) {
        let imp = self.imp();
        let Some((handle, events)) = imp.engine.take() else { return };
        let _ = imp.messenger.set(Messenger::new(handle, events));
        let settings = imp.profile.get().expect("given before the start").settings();
        apply_color_scheme(&settings);
        settings.connect_changed(Some("color-scheme"), |settings, _| apply_color_scheme(settings));
        let _ = imp.settings.set(settings);
        // A text that can be selected is not selected because the keyboard comes by, or a dialog opens.
        if let Some(looks) = gtk::Settings::default() {
            looks.set_gtk_label_select_on_focus(false);
        }
        self.add_actions();
        for (_, shortcuts) in shortcuts::groups() {
            // The composer's own would be looked for in the window.
            for shortcut in shortcuts.into_iter().filter(|shortcut| !shortcut.action.starts_with("composer.")) {
                let accelerators: Vec<&str> = shortcut.accelerators.to_vec();
                self.set_accels_for_action(shortcut.action, &accelerators);
            }
        }
    }

    /// After the first frame: none of it is needed to see the list.
    fn start_services(&self) {
        if self.imp().services.get().is_some() {
            return;
        }
        let weak = self.downgrade();
        let services = Services::new(self, self.messenger(), self.settings(), move |conversation| {
            if let Some(application) = weak.upgrade() {
                application.open_conversation(conversation);
            }
        });
        let _ = self.imp().services.set(services);
    }

    fn show_window(&self) {
        let is_first = self.imp().window.borrow().is_none();
        if is_first && self.imp().run.borrow().is_hidden && self.settings().boolean("run-in-background") {
            self.imp().run.borrow_mut().is_hidden = false;
            self.start_services();
            return;
        }
        let window = self.window();
        if is_first {
            let weak = self.downgrade();
            window.present_when_ready(move || {
                if let Some(application) = weak.upgrade() {
                    application.start_services();
                }
            });
        } else {
            window.present();
        }
    }

    /// The window; made anew when it was closed.
    fn window(&self) -> Window {
        if let Some(window) = self.imp().window.borrow().as_ref() {
            return window.clone();
        }
        let window = Window::new(self);
        self.imp().window.replace(Some(window.clone()));
        window
    }

    fn open_conversation(&self, conversation: ConversationId) {
        let window = self.window();
        window.present();
        if let Some(conversation) = self.messenger().conversation(conversation) {
            window.show_conversation(&conversation);
        }
    }

    fn open_link(&self, uri: &str) {
        match link::parse(uri) {
            Some(link::Link::Message { address, body }) => self.window().open_address(address, body),
            Some(link::Link::Roster { address }) => self.add_contact(Some(&address)),
            None => self.window().toast(&gettext("This link can't be opened.")),
        }
    }

    fn add_contact(&self, address: Option<&BareJid>) {
        if self.messenger().default_account().is_some() {
            AddContactDialog::new(self.messenger(), address).present(Some(&self.window()));
        }
    }

    fn add_actions(&self) {
        let simple = |name: &str, f: fn(&Self)| {
            gio::ActionEntry::builder(name).activate(move |application: &Self, _, _| f(application)).build()
        };
        self.add_action_entries([
            simple("quit", gio::prelude::ApplicationExt::quit),
            simple("about", |application| about_dialog().present(Some(&application.window()))),
            simple("preferences", |application| {
                let dialog = PreferencesDialog::new(application.settings(), application.messenger().engine());
                dialog.present(Some(&application.window()));
            }),
            simple("shortcuts", |application| {
                ShortcutsDialog::new(&shortcuts::for_people()).present(Some(&application.window()));
            }),
            simple("account", |application| {
                if let Some(account) = application.messenger().default_account() {
                    AccountDialog::new(application.messenger(), &account).present(Some(&application.window()));
                }
            }),
            simple("add-contact", |application| application.add_contact(None)),
            simple("requests", |application| {
                RequestsDialog::new(application.messenger()).present(Some(&application.window()));
            }),
            simple("reconnect", |application| {
                for account in application.messenger().each_account() {
                    application.messenger().send(Command::ReconnectNow { account: account.id() });
                }
            }),
            gio::ActionEntry::builder("availability")
                .parameter_type(Some(glib::VariantTy::STRING))
                .activate(|application: &Self, _, parameter| {
                    if let Some(availability) = parameter.and_then(|p| availability(p.str()?)) {
                        application.set_availability(availability);
                    }
                })
                .build(),
        ]);
        self.add_action(&self.settings().create_action("do-not-disturb"));
    }

    fn set_availability(&self, availability: Availability) {
        for account in self.messenger().each_account() {
            let (account, status) = (account.id(), account.status());
            self.messenger().send(Command::SetAvailability { account, availability, status });
        }
    }

    /// Lets the engine say goodbye, for a while.
    fn say_goodbye(&self) {
        let Some(messenger) = self.imp().messenger.get() else { return };
        let engine = messenger.engine().clone();
        let context = glib::MainContext::default();
        let _ = context.block_on(glib::future_with_timeout(FAREWELL, async move { engine.shutdown().await }));
    }
}

/// Without a translation, the program speaks English. The locale itself is set by `gtk_init`, before the first text.
fn speak_the_persons_language() {
    let Some(dir) = config::locale_dir() else { return };
    let bound = gettextrs::bindtextdomain(config::GETTEXT_DOMAIN, dir)
        .and_then(|_| gettextrs::bind_textdomain_codeset(config::GETTEXT_DOMAIN, "UTF-8"))
        .and_then(|_| gettextrs::textdomain(config::GETTEXT_DOMAIN));
    if let Err(error) = bound {
        log::warn!("no translations: {error}");
    }
}

fn sign_in(engine: &EngineHandle, given: Given) {
    let Given { address, password, ca_file, host, port, resource } = given;
    let server = ServerSettings { host, port, ca_file, resource };
    let account = NewAccount { address: address.clone(), password, server: server.clone(), remember: false };
    let engine = engine.clone();
    glib::spawn_future_local(async move {
        match engine.request(|reply| Command::SignIn { account, reply }).await {
            Ok(_) => {}
            // It signs in by itself; only where to may be another place than before.
            Err(CommandError::AccountExists) => move_server(&engine, &address, server).await,
            Err(error) => eprintln!("stonechat: {error}"),
        }
    });
}

async fn move_server(engine: &EngineHandle, address: &BareJid, server: ServerSettings) {
    let Ok(snapshot) = engine.request(|reply| Command::LoadSnapshot { reply }).await else { return };
    let known = snapshot.accounts.iter().find(|account| account.address == *address);
    if let Some(account) = known.filter(|account| account.server != server)
        && let Err(error) = engine.send(Command::SetServerSettings { account: account.id, server })
    {
        log::warn!("the server's place was not taken: {error}");
    }
}

fn availability(name: &str) -> Option<Availability> {
    Some(match name {
        "online" => Availability::Online,
        "away" => Availability::Away,
        "dnd" => Availability::DoNotDisturb,
        "offline" => Availability::Offline,
        _ => return None,
    })
}

fn apply_color_scheme(settings: &gio::Settings) {
    let scheme = match settings.string("color-scheme").as_str() {
        "light" => adw::ColorScheme::ForceLight,
        "dark" => adw::ColorScheme::ForceDark,
        _ => adw::ColorScheme::Default,
    };
    adw::StyleManager::default().set_color_scheme(scheme);
}
