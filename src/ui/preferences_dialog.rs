//! What can be set, each control bound to its key: what is switched here holds at once.

use adw::{prelude::*, subclass::prelude::*};
use gtk::{gio, glib};

use super::file_preferences::{FilePreferences, WITHOUT_SENSITIVITY};
use crate::engine::api::EngineHandle;

mod imp {
    use super::{FilePreferences, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/preferences_dialog.ui")]
    pub struct PreferencesDialog {
        #[template_child]
        pub(super) color_scheme: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) send_on_enter: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) check_spelling: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) undo_seconds: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) run_in_background: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) start_hidden: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) notifications: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) notification_preview: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) do_not_disturb: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) files: TemplateChild<FilePreferences>,
        #[template_child]
        pub(super) send_receipts: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) send_markers: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) send_chat_states: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) link_previews: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) away_when_idle: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) away_after_minutes: TemplateChild<adw::SpinRow>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for PreferencesDialog {
        const NAME: &'static str = "StonechatPreferencesDialog";
        type Type = super::PreferencesDialog;
        type ParentType = adw::PreferencesDialog;

        fn class_init(klass: &mut Self::Class) {
            FilePreferences::ensure_type();
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for PreferencesDialog {}
    impl WidgetImpl for PreferencesDialog {}
    impl AdwDialogImpl for PreferencesDialog {}
    impl PreferencesDialogImpl for PreferencesDialog {}
}

glib::wrapper! {
    /// The preferences.
    pub struct PreferencesDialog(ObjectSubclass<imp::PreferencesDialog>)
        @extends adw::PreferencesDialog, adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl PreferencesDialog {
    #[must_use]
    pub fn new(settings: &gio::Settings, engine: &EngineHandle) -> Self {
        let dialog: Self = glib::Object::new();
        dialog.bind(settings);
        dialog.imp().files.bind(settings, engine);
        dialog
    }

    fn bind(&self, settings: &gio::Settings) {
        let imp = self.imp();
        for (key, row) in [
            ("send-on-enter", &imp.send_on_enter),
            ("check-spelling", &imp.check_spelling),
            ("run-in-background", &imp.run_in_background),
            ("start-hidden", &imp.start_hidden),
            ("notifications", &imp.notifications),
            ("notification-preview", &imp.notification_preview),
            ("do-not-disturb", &imp.do_not_disturb),
            ("send-receipts", &imp.send_receipts),
            ("send-markers", &imp.send_markers),
            ("send-chat-states", &imp.send_chat_states),
            ("link-previews", &imp.link_previews),
            ("away-when-idle", &imp.away_when_idle),
        ] {
            settings.bind(key, &**row, "active").flags(WITHOUT_SENSITIVITY).build();
        }
        settings
            .bind("away-after-minutes", &*imp.away_after_minutes, "value")
            .flags(WITHOUT_SENSITIVITY)
            .mapping(|variant, _| variant.get::<u32>().map(|minutes| f64::from(minutes).to_value()))
            .set_mapping(|value, _| {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the row's range is 1 to 120
                value.get::<f64>().ok().map(|minutes| (minutes as u32).to_variant())
            })
            .build();
        settings
            .bind("undo-seconds", &*imp.undo_seconds, "selected")
            .flags(WITHOUT_SENSITIVITY)
            .mapping(|variant, _| {
                // What was set by other means is shown as the nearest that can be chosen.
                let seconds = variant.get::<u32>()?;
                let index = UNDO_SECONDS.iter().rposition(|known| *known <= seconds)?;
                u32::try_from(index).ok().map(|index| index.to_value())
            })
            .set_mapping(|value, _| {
                let index = usize::try_from(value.get::<u32>().ok()?).ok()?;
                UNDO_SECONDS.get(index).map(ToVariant::to_variant)
            })
            .build();
        // The rows stand in the order of the enumeration.
        settings
            .bind("color-scheme", &*imp.color_scheme, "selected")
            .mapping(|variant, _| {
                let nick = variant.str()?;
                let index = COLOR_SCHEMES.iter().position(|known| *known == nick)?;
                u32::try_from(index).ok().map(|index| index.to_value())
            })
            .set_mapping(|value, _| {
                let index = usize::try_from(value.get::<u32>().ok()?).ok()?;
                COLOR_SCHEMES.get(index).map(ToVariant::to_variant)
            })
            .build();
    }
}

/// In the order of the rows.
const UNDO_SECONDS: [u32; 3] = [0, 5, 10];
const COLOR_SCHEMES: [&str; 3] = ["system", "light", "dark"];
