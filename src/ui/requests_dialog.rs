//! Those who ask to see our presence, each to be accepted or declined.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gio, glib};

use super::error_text;
use crate::{
    engine::api::{Command, CommandError, EngineHandle, Reply},
    model::{Messenger, Request},
};

mod imp {
    use super::glib;
    use adw::subclass::prelude::*;
    use gtk::CompositeTemplate;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/requests_dialog.ui")]
    pub struct RequestsDialog {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) stack: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) list: TemplateChild<gtk::ListBox>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for RequestsDialog {
        const NAME: &'static str = "StonechatRequestsDialog";
        type Type = super::RequestsDialog;
        type ParentType = adw::Dialog;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for RequestsDialog {}
    impl WidgetImpl for RequestsDialog {}
    impl AdwDialogImpl for RequestsDialog {}
}

glib::wrapper! {
    /// Open requests.
    pub struct RequestsDialog(ObjectSubclass<imp::RequestsDialog>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl RequestsDialog {
    #[must_use]
    pub fn new(messenger: &Messenger) -> Self {
        let dialog: Self = glib::Object::new();
        let requests = messenger.requests();
        let (weak, engine) = (dialog.downgrade(), messenger.engine().clone());
        dialog.imp().list.bind_model(Some(&requests), move |item| {
            let request = item.downcast_ref::<Request>().expect("the list holds requests");
            row(request, &engine, &weak).upcast()
        });
        dialog.update(&requests);
        let weak = dialog.downgrade();
        let handler = requests.connect_items_changed(move |requests, _, _, _| {
            if let Some(dialog) = weak.upgrade() {
                dialog.update(requests);
            }
        });
        let handler = std::cell::Cell::new(Some(handler));
        dialog.connect_closed(move |_| {
            if let Some(handler) = handler.take() {
                requests.disconnect(handler);
            }
        });
        dialog
    }

    fn toast(&self, text: &str) {
        self.imp().toasts.add_toast(adw::Toast::builder().title(text).use_markup(false).build());
    }

    fn update(&self, requests: &gio::ListStore) {
        let page = if requests.n_items() == 0 { "empty" } else { "requests" };
        self.imp().stack.set_visible_child_name(page);
    }
}

fn row(request: &Request, engine: &EngineHandle, dialog: &glib::WeakRef<RequestsDialog>) -> adw::ActionRow {
    let address = request.address().to_string();
    let name = request.nickname().unwrap_or_else(|| address.clone());
    let subtitle = match request.text() {
        Some(words) => format!("{address}\n“{words}”"),
        None => address,
    };
    let row = adw::ActionRow::builder()
        .title(&name)
        .subtitle(&subtitle)
        .subtitle_lines(4)
        // Both come from a stranger.
        .use_markup(false)
        .build();
    row.add_prefix(&adw::Avatar::new(40, Some(&name), true));
    let button =
        |icon: &str, label: &str, class: &str, command: fn(&Request, Reply<Result<(), CommandError>>) -> Command| {
            let button = gtk::Button::builder()
                .icon_name(icon)
                .tooltip_text(label)
                .valign(gtk::Align::Center)
                .css_classes(["circular", class])
                .build();
            button.update_property(&[gtk::accessible::Property::Label(&format!("{label}: {name}"))]);
            let (request, engine, dialog) = (request.clone(), engine.clone(), dialog.clone());
            button.connect_clicked(move |_| {
                let (request, engine, dialog) = (request.clone(), engine.clone(), dialog.clone());
                glib::spawn_future_local(async move {
                    let answered = engine.request(|reply| command(&request, reply)).await;
                    if let (Err(error), Some(dialog)) = (answered, dialog.upgrade()) {
                        dialog.toast(&error_text::command(&error));
                    }
                });
            });
            button
        };
    row.add_suffix(&button("window-close-symbolic", &gettext("Decline"), "flat", |request, reply| {
        Command::DenyRequest { account: request.account(), address: request.address().clone(), reply }
    }));
    row.add_suffix(&button("object-select-symbolic", &gettext("Accept"), "suggested-action", |request, reply| {
        Command::ApproveRequest { account: request.account(), address: request.address().clone(), add: true, reply }
    }));
    row
}
