//! Asks for an address and a password, and says what becomes of them.

use std::path::PathBuf;

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gio, glib};

use super::error_text;
use crate::{
    engine::api::{Command, CommandError, ConnectStep, NewAccount, Problem, ServerSettings},
    ids::person_address,
    model::Messenger,
    secret::Secret,
};

mod imp {
    use super::{Messenger, PathBuf, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/sign_in_page.ui")]
    pub struct SignInPage {
        #[template_child]
        pub(super) address: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) password: TemplateChild<adw::PasswordEntryRow>,
        #[template_child]
        pub(super) advanced: TemplateChild<adw::ExpanderRow>,
        #[template_child]
        pub(super) host: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) port: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) resource: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) ca_file: TemplateChild<adw::ActionRow>,
        #[template_child]
        pub(super) problem: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) submit: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) progress: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) step: TemplateChild<gtk::Label>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) authorities: RefCell<Option<PathBuf>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SignInPage {
        const NAME: &'static str = "StonechatSignInPage";
        type Type = super::SignInPage;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.bind_template_callbacks();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[gtk::template_callbacks]
    impl SignInPage {
        #[template_callback]
        fn on_changed(&self) {
            self.obj().on_changed();
        }

        #[template_callback]
        fn on_submit(&self) {
            self.obj().submit();
        }

        #[template_callback]
        fn on_cancel(&self) {
            self.obj().cancel();
        }

        #[template_callback]
        fn on_choose_ca(&self) {
            self.obj().choose_authorities();
        }
    }

    impl ObjectImpl for SignInPage {}
    impl WidgetImpl for SignInPage {
        fn grab_focus(&self) -> bool {
            self.address.grab_focus()
        }
    }
    impl BinImpl for SignInPage {}
}

glib::wrapper! {
    /// The way into an account.
    pub struct SignInPage(ObjectSubclass<imp::SignInPage>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

/// The field that a failure is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Address,
    Password,
    Server,
    None,
}

impl SignInPage {
    #[must_use]
    pub fn new(messenger: &Messenger) -> Self {
        let page: Self = glib::Object::new();
        let fresh = page.imp().messenger.set(messenger.clone()).is_ok();
        debug_assert!(fresh);
        let weak = page.downgrade();
        messenger.connect_sign_in_progress(move |_, step| {
            if let Some(page) = weak.upgrade() {
                page.show_step(*step);
            }
        });
        page
    }

    fn on_changed(&self) {
        let imp = self.imp();
        for row in [
            imp.address.upcast_ref::<gtk::Widget>(),
            imp.password.upcast_ref(),
            imp.host.upcast_ref(),
            imp.port.upcast_ref(),
        ] {
            row.remove_css_class("error");
        }
        imp.problem.set_visible(false);
        imp.submit.set_sensitive(!imp.address.text().trim().is_empty() && !imp.password.text().is_empty());
    }

    fn submit(&self) {
        let imp = self.imp();
        if imp.progress.is_visible() {
            return;
        }
        let text = imp.address.text();
        let Some(address) = person_address(text.trim()) else {
            return self
                .fail(Field::Address, &gettext("This is not an address. It should look like name@example.org."));
        };
        if imp.password.text().is_empty() {
            return self.fail(Field::Password, &gettext("The password is missing."));
        }
        let port_text = imp.port.text();
        let port = match port_text.trim() {
            "" => None,
            text => match text.parse::<u16>().ok().filter(|port| *port > 0) {
                Some(port) => Some(port),
                None => return self.fail(Field::Server, &gettext("The port is a number from 1 to 65535.")),
            },
        };
        let filled = |row: &adw::EntryRow| Some(row.text().trim().to_owned()).filter(|text| !text.is_empty());
        let account = NewAccount {
            address,
            password: Secret::new(imp.password.text().as_str()),
            server: ServerSettings {
                host: filled(&imp.host),
                port,
                ca_file: imp.authorities.borrow().clone(),
                resource: filled(&imp.resource),
            },
            remember: true,
        };
        self.set_busy(true);
        self.show_step(ConnectStep::Resolving);
        let (page, engine) = (self.clone(), self.messenger().engine().clone());
        glib::spawn_future_local(async move {
            let signed_in = engine.request(|reply| Command::SignIn { account, reply }).await;
            page.set_busy(false);
            match signed_in {
                // The window shows the account as soon as it is there. The password is not kept here any longer.
                Ok(_) => page.imp().password.set_text(""),
                Err(CommandError::Stopped) => {
                    page.imp().address.grab_focus();
                }
                Err(CommandError::SignIn(problem)) => page.fail(field_of(&problem), &error_text::problem(&problem)),
                Err(error) => page.fail(Field::None, &error_text::command(&error)),
            }
        });
    }

    fn cancel(&self) {
        self.messenger().send(Command::CancelSignIn);
    }

    fn choose_authorities(&self) {
        let page = self.clone();
        let chooser = gtk::FileDialog::builder().title(gettext("Certificate authorities (PEM)")).modal(true).build();
        let window = self.root().and_downcast::<gtk::Window>();
        chooser.open(window.as_ref(), gio::Cancellable::NONE, move |chosen| {
            // An error means that the person has thought better of it.
            if let Some(path) = chosen.ok().and_then(|file| file.path()) {
                page.imp().ca_file.set_subtitle(&glib::markup_escape_text(&path.display().to_string()));
                page.imp().authorities.replace(Some(path));
            }
        });
    }

    fn fail(&self, field: Field, text: &str) {
        let imp = self.imp();
        imp.problem.set_label(text);
        imp.problem.set_visible(true);
        let row: &gtk::Widget = match field {
            Field::Address => imp.address.upcast_ref(),
            Field::Password => imp.password.upcast_ref(),
            Field::Server => {
                imp.advanced.set_expanded(true);
                if imp.port.text().is_empty() { imp.host.upcast_ref() } else { imp.port.upcast_ref() }
            }
            Field::None => return,
        };
        row.add_css_class("error");
        row.grab_focus();
    }

    fn set_busy(&self, is_busy: bool) {
        let imp = self.imp();
        imp.progress.set_visible(is_busy);
        imp.submit.set_visible(!is_busy);
        for row in [imp.address.upcast_ref::<gtk::Widget>(), imp.password.upcast_ref(), imp.advanced.upcast_ref()] {
            row.set_sensitive(!is_busy);
        }
    }

    fn show_step(&self, step: ConnectStep) {
        self.imp().step.set_label(&error_text::step(step));
    }

    fn messenger(&self) -> &Messenger {
        self.imp().messenger.get().expect("the page is made with a messenger")
    }
}

fn field_of(problem: &Problem) -> Field {
    match problem {
        Problem::UnknownHost { .. } | Problem::NoService { .. } => Field::Address,
        Problem::WrongPassword | Problem::NoPassword => Field::Password,
        Problem::CaFile(_) => Field::Server,
        _ => Field::None,
    }
}
