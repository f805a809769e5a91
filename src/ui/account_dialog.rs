//! One's own account: how one appears, what one is called, the picture, the password, and the way out.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gdk, gio, glib};

use super::{blocked_group::BlockedGroup, error_text};
use crate::{
    engine::api::{self, ArchivePolicy, Command, CommandError, ConnectionState},
    model::{Account, Availability, Messenger},
    secret::Secret,
};

/// In the order of the rows.
const AVAILABILITIES: [Availability; 6] = [
    Availability::Online,
    Availability::FreeForChat,
    Availability::Away,
    Availability::ExtendedAway,
    Availability::DoNotDisturb,
    Availability::Offline,
];

/// In the order of the rows.
const ARCHIVE_POLICIES: [ArchivePolicy; 3] = [ArchivePolicy::Always, ArchivePolicy::Roster, ArchivePolicy::Never];

/// A larger file is no portrait, and would only be scaled down.
const MAX_PICTURE_BYTES: u64 = 20 << 20;

mod imp {
    use super::{Account, BlockedGroup, Messenger, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{Cell, OnceCell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/account_dialog.ui")]
    pub struct AccountDialog {
        #[template_child]
        pub(super) avatar: TemplateChild<adw::Avatar>,
        #[template_child]
        pub(super) name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) address: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) connection: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) availability: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) status: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) nickname: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) archive: TemplateChild<adw::PreferencesGroup>,
        #[template_child]
        pub(super) archive_policy: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) blocked: TemplateChild<BlockedGroup>,
        #[template_child]
        pub(super) password: TemplateChild<adw::PasswordEntryRow>,
        #[template_child]
        pub(super) sign_out: TemplateChild<adw::ButtonRow>,
        pub(super) messenger: OnceCell<Messenger>,
        pub(super) account: OnceCell<Account>,
        pub(super) handler: RefCell<Option<glib::SignalHandlerId>>,
        /// What the rows show is being brought up to date: nobody has chosen anything.
        pub(super) is_updating: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for AccountDialog {
        const NAME: &'static str = "StonechatAccountDialog";
        type Type = super::AccountDialog;
        type ParentType = adw::PreferencesDialog;

        fn class_init(klass: &mut Self::Class) {
            BlockedGroup::ensure_type();
            klass.bind_template();
            klass.install_action_async("account.choose-picture", None, |dialog, _, _| async move {
                dialog.choose_picture().await;
            });
            klass.install_action_async("account.remove-picture", None, |dialog, _, _| async move {
                dialog.publish_picture(None).await;
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for AccountDialog {
        fn dispose(&self) {
            if let (Some(account), Some(handler)) = (self.account.get(), self.handler.take()) {
                account.disconnect(handler);
            }
        }
    }
    impl WidgetImpl for AccountDialog {}
    impl AdwDialogImpl for AccountDialog {}
    impl PreferencesDialogImpl for AccountDialog {}
}

glib::wrapper! {
    /// The settings of one account.
    pub struct AccountDialog(ObjectSubclass<imp::AccountDialog>)
        @extends adw::PreferencesDialog, adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl AccountDialog {
    #[must_use]
    pub fn new(messenger: &Messenger, account: &Account) -> Self {
        let dialog: Self = glib::Object::new();
        let imp = dialog.imp();
        let _ = imp.messenger.set(messenger.clone());
        let _ = imp.account.set(account.clone());
        dialog.update();
        let weak = dialog.downgrade();
        imp.handler.replace(Some(account.connect_notify_local(None, move |_, _| {
            if let Some(dialog) = weak.upgrade() {
                dialog.update();
            }
        })));
        dialog.connect_rows();
        dialog.load_archive_policy();
        imp.blocked.set_account(messenger, account);
        dialog
    }

    fn account(&self) -> &Account {
        self.imp().account.get().expect("the dialog is made for an account")
    }

    fn messenger(&self) -> &Messenger {
        self.imp().messenger.get().expect("the dialog is made with a messenger")
    }

    fn connect_rows(&self) {
        let imp = self.imp();
        let on = |f: fn(&Self)| {
            let weak = self.downgrade();
            move || {
                if let Some(dialog) = weak.upgrade() {
                    f(&dialog);
                }
            }
        };
        let set_presence = on(Self::set_presence);
        imp.availability.connect_selected_notify(move |_| set_presence());
        let set_presence = on(Self::set_presence);
        imp.status.connect_apply(move |_| set_presence());
        let set_nickname = on(Self::set_nickname);
        imp.nickname.connect_apply(move |_| set_nickname());
        let set_archive_policy = on(Self::set_archive_policy);
        imp.archive_policy.connect_selected_notify(move |_| set_archive_policy());
        let set_password = on(Self::set_password);
        imp.password.connect_apply(move |_| set_password());
        let sign_out = on(Self::ask_to_sign_out);
        imp.sign_out.connect_activated(move |_| sign_out());
    }

    /// Shows what holds now. What is being typed stays.
    fn update(&self) {
        let (imp, account) = (self.imp(), self.account());
        imp.is_updating.set(true);
        let name = account.display_name();
        imp.name.set_label(&name);
        imp.avatar.set_text(Some(&name));
        let picture = account.avatar_path().and_then(|path| gdk::Texture::from_filename(path).ok());
        imp.avatar.set_custom_image(picture.as_ref());
        imp.address.set_label(account.address().as_str());
        imp.connection.set_label(&connection_text(&account.connection().0));
        let index = AVAILABILITIES.iter().position(|known| *known == account.availability()).unwrap_or_default();
        imp.availability.set_selected(u32::try_from(index).unwrap_or_default());
        for (row, text) in [(&imp.status, account.status()), (&imp.nickname, account.nickname().unwrap_or_default())] {
            if !row.has_css_class("focused") && row.text() != text {
                row.set_show_apply_button(false);
                row.set_text(&text);
                row.set_show_apply_button(true);
            }
        }
        imp.is_updating.set(false);
    }

    fn set_presence(&self) {
        let imp = self.imp();
        if imp.is_updating.get() {
            return;
        }
        let Some(availability) = AVAILABILITIES.get(imp.availability.selected() as usize) else { return };
        self.messenger().send(Command::SetAvailability {
            account: self.account().id(),
            availability: api::Availability::from(*availability),
            status: imp.status.text().trim().to_owned(),
        });
    }

    fn set_nickname(&self) {
        let nickname = self.imp().nickname.text().trim().to_owned();
        let account = self.account().id();
        self.request(move |reply| Command::SetNickname { account, nickname, reply });
    }

    /// The group is there where the server has something to choose.
    fn load_archive_policy(&self) {
        let (weak, engine) = (self.downgrade(), self.messenger().engine().clone());
        let account = self.account().id();
        glib::spawn_future_local(async move {
            let policy = engine.request(|reply| Command::LoadArchivePolicy { account, reply }).await;
            let (Ok(Some(policy)), Some(dialog)) = (policy, weak.upgrade()) else { return };
            let imp = dialog.imp();
            let index = ARCHIVE_POLICIES.iter().position(|known| *known == policy).unwrap_or_default();
            imp.is_updating.set(true);
            imp.archive_policy.set_selected(u32::try_from(index).unwrap_or_default());
            imp.is_updating.set(false);
            imp.archive.set_visible(true);
        });
    }

    fn set_archive_policy(&self) {
        if self.imp().is_updating.get() {
            return;
        }
        let Some(policy) = ARCHIVE_POLICIES.get(self.imp().archive_policy.selected() as usize).copied() else { return };
        let (dialog, engine, account) = (self.clone(), self.messenger().engine().clone(), self.account().id());
        glib::spawn_future_local(async move {
            if let Err(error) = engine.request(|reply| Command::SetArchivePolicy { account, policy, reply }).await {
                dialog.add_toast(adw::Toast::new(&error_text::command(&error)));
                // As it is on the server.
                dialog.load_archive_policy();
            }
        });
    }

    fn set_password(&self) {
        let password = self.imp().password.text();
        if password.is_empty() {
            return;
        }
        let password = Secret::new(password.as_str());
        self.messenger().send(Command::SetPassword { account: self.account().id(), password, remember: true });
        self.imp().password.set_text("");
        self.add_toast(adw::Toast::new(&gettext("Signing in with the new password")));
    }

    async fn choose_picture(&self) {
        let pictures = gtk::FileFilter::new();
        pictures.set_name(Some(&gettext("Pictures")));
        for mime in ["image/png", "image/jpeg", "image/gif", "image/webp"] {
            pictures.add_mime_type(mime);
        }
        let chooser =
            gtk::FileDialog::builder().title(gettext("Choose a picture")).default_filter(&pictures).modal(true).build();
        let window = self.root().and_downcast::<gtk::Window>();
        // An error means that the person has thought better of it.
        let Ok(file) = chooser.open_future(window.as_ref()).await else { return };
        match read_picture(&file).await {
            Ok(bytes) => self.publish_picture(Some(bytes)).await,
            Err(text) => self.add_toast(adw::Toast::new(&text)),
        }
    }

    async fn publish_picture(&self, image: Option<Vec<u8>>) {
        let account = self.account().id();
        let engine = self.messenger().engine().clone();
        if let Err(error) = engine.request(|reply| Command::SetAvatar { account, image, reply }).await {
            self.add_toast(adw::Toast::new(&error_text::command(&error)));
        }
    }

    fn ask_to_sign_out(&self) {
        let address = self.account().address().to_string();
        let alert = adw::AlertDialog::builder()
            .heading(gettext("Sign out of {address}?").replace("{address}", &address))
            .body(gettext("Its conversations are deleted from this device. What the server keeps stays there."))
            .close_response("cancel")
            .default_response("cancel")
            .build();
        alert.add_responses(&[("cancel", &gettext("_Cancel")), ("sign-out", &gettext("_Sign out"))]);
        alert.set_response_appearance("sign-out", adw::ResponseAppearance::Destructive);
        let dialog = self.clone();
        alert.choose(Some(self), gio::Cancellable::NONE, move |response| {
            if response == "sign-out" {
                let account = dialog.account().id();
                dialog.request(move |reply| Command::RemoveAccount { account, reply });
                dialog.close();
            }
        });
    }

    /// Sends a command whose failure is told here.
    fn request(&self, make: impl FnOnce(api::Reply<Result<(), CommandError>>) -> Command + 'static) {
        let (dialog, engine) = (self.clone(), self.messenger().engine().clone());
        glib::spawn_future_local(async move {
            if let Err(error) = engine.request(make).await {
                dialog.add_toast(adw::Toast::new(&error_text::command(&error)));
            }
        });
    }
}

fn connection_text(state: &ConnectionState) -> String {
    match state {
        ConnectionState::Offline => gettext("Offline"),
        ConnectionState::Connecting(_) => gettext("Connecting…"),
        ConnectionState::Online => gettext("Connected"),
        ConnectionState::Waiting { problem, .. } | ConnectionState::NeedsPerson(problem) => {
            error_text::problem(problem)
        }
    }
}

/// Reads a file of a picture's size; else what to tell the person.
async fn read_picture(file: &gio::File) -> Result<Vec<u8>, String> {
    let info = file
        .query_info_future("standard::size", gio::FileQueryInfoFlags::NONE, glib::Priority::DEFAULT)
        .await
        .map_err(|error| error.to_string())?;
    if u64::try_from(info.size()).is_ok_and(|size| size > MAX_PICTURE_BYTES) {
        return Err(gettext("This picture is too large."));
    }
    let (bytes, _) = file.load_contents_future().await.map_err(|error| error.to_string())?;
    Ok(bytes.to_vec())
}
