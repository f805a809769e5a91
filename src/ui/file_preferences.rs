//! What is to be done with files: which come by themselves, how much of them stays, and how much that is now.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{gio, glib};

use super::{attachment::words, error_text};
use crate::engine::api::{Command, EngineHandle};

/// In the order of the rows, in megabytes.
const DOWNLOAD: [u32; 6] = [0, 1, 5, 10, 50, 100];
/// In the order of the rows, in megabytes; 0 for all.
const KEPT: [u32; 7] = [200, 500, 1_000, 2_000, 5_000, 20_000, 0];

/// Whether a row can be used hangs on its template, not on whether the key is writable.
pub(super) const WITHOUT_SENSITIVITY: gio::SettingsBindFlags =
    gio::SettingsBindFlags::GET.union(gio::SettingsBindFlags::SET).union(gio::SettingsBindFlags::NO_SENSITIVITY);

mod imp {
    use super::{EngineHandle, gio, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/file_preferences.ui")]
    pub struct FilePreferences {
        #[template_child]
        pub(super) download: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) kept: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) size: TemplateChild<adw::ActionRow>,
        pub(super) engine: OnceCell<EngineHandle>,
        pub(super) handler: RefCell<Option<(gio::Settings, glib::SignalHandlerId)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FilePreferences {
        const NAME: &'static str = "StonechatFilePreferences";
        type Type = super::FilePreferences;
        type ParentType = adw::PreferencesPage;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.install_action_async("files.drop", None, |page, _, _| async move { page.drop_files().await });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for FilePreferences {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().action_set_enabled("files.drop", false);
        }

        fn dispose(&self) {
            if let Some((settings, handler)) = self.handler.take() {
                settings.disconnect(handler);
            }
        }
    }

    impl WidgetImpl for FilePreferences {}
    impl PreferencesPageImpl for FilePreferences {}
}

glib::wrapper! {
    /// The preferences' page for files.
    pub struct FilePreferences(ObjectSubclass<imp::FilePreferences>)
        @extends adw::PreferencesPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl FilePreferences {
    /// Where the choices are kept, and who knows the files; once.
    pub fn bind(&self, settings: &gio::Settings, engine: &EngineHandle) {
        let imp = self.imp();
        let is_fresh = imp.engine.set(engine.clone()).is_ok();
        debug_assert!(is_fresh);
        bind_choice(settings, "download-megabytes", &imp.download, &DOWNLOAD);
        bind_choice(settings, "kept-megabytes", &imp.kept, &KEPT);
        let weak = self.downgrade();
        // Whoever carries it out has been told before.
        let handler = settings.connect_changed(Some("kept-megabytes"), move |_, _| {
            if let Some(page) = weak.upgrade() {
                page.load_size();
            }
        });
        imp.handler.replace(Some((settings.clone(), handler)));
        self.load_size();
    }

    fn load_size(&self) {
        let (weak, engine) = (self.downgrade(), self.imp().engine.get().cloned());
        let Some(engine) = engine else { return };
        glib::spawn_future_local(async move {
            let bytes = engine.request(|reply| Command::LoadFilesKept { reply }).await;
            let Some(page) = weak.upgrade() else { return };
            let text = match &bytes {
                Ok(bytes) => words::size(*bytes),
                Err(error) => error_text::command(error),
            };
            page.imp().size.set_subtitle(&text);
            page.action_set_enabled("files.drop", bytes.is_ok_and(|bytes| bytes > 0));
        });
    }

    /// Asks first, and says what stays.
    async fn drop_files(&self) {
        let body = [
            gettext(
                "Pictures and other files that came with messages are deleted from this computer. A file can be downloaded again for as long as its server keeps it.",
            ),
            gettext("Not deleted: your messages, what still waits to be sent, and what you have saved elsewhere."),
        ];
        let dialog = adw::AlertDialog::new(Some(&gettext("Delete kept files?")), Some(&body.join("\n\n")));
        dialog.add_responses(&[("cancel", &gettext("_Cancel")), ("delete", &gettext("_Delete"))]);
        dialog.set_response_appearance("delete", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("cancel"));
        dialog.set_close_response("cancel");
        if dialog.choose_future(Some(self)).await != "delete" {
            return;
        }
        let Some(engine) = self.imp().engine.get() else { return };
        if let Err(error) = engine.request(|reply| Command::DropFilesKept { reply }).await {
            let dialog = adw::AlertDialog::new(Some(&gettext("That did not work")), Some(&error_text::command(&error)));
            dialog.add_response("close", &gettext("Close"));
            dialog.present(Some(self));
        }
        self.load_size();
    }
}

/// What was set by other means is shown as the nearest below that can be chosen.
fn bind_choice(settings: &gio::Settings, key: &str, row: &adw::ComboRow, choices: &'static [u32]) {
    settings
        .bind(key, row, "selected")
        .flags(WITHOUT_SENSITIVITY)
        .mapping(move |variant, _| {
            let set = variant.get::<u32>()?;
            u32::try_from(nearest(choices, set)).ok().map(|index| index.to_value())
        })
        .set_mapping(move |value, _| {
            let index = usize::try_from(value.get::<u32>().ok()?).ok()?;
            choices.get(index).map(ToVariant::to_variant)
        })
        .build();
}

fn nearest(choices: &[u32], set: u32) -> usize {
    let exact = choices.iter().position(|known| *known == set);
    exact.or_else(|| choices.iter().rposition(|known| *known != 0 && *known <= set)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_by_other_means_is_shown_as_the_nearest_below() {
        for (choices, set, expected) in [
            (&DOWNLOAD[..], 0, 0),
            (&DOWNLOAD, 7, 2),
            (&DOWNLOAD, 900, 5),
            (&KEPT, 0, 6),
            (&KEPT, 3_000, 3),
            (&KEPT, 9, 0),
        ] {
            assert_eq!(nearest(choices, set), expected, "{set}");
        }
    }
}
