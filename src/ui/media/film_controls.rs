//! What one does with a film that plays: let it stand still, go to another place, switch its sound off, look at it closely.

use std::{path::Path, time::Duration};

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{clock, playback::playback};

/// How far the arrow keys and Page Up and Down go, in seconds.
const STEP: f64 = 2.0;
const PAGE: f64 = 10.0;

mod imp {
    use super::{glib, playback};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::{
        cell::{Cell, RefCell},
        path::PathBuf,
        time::Duration,
    };

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/film_controls.ui")]
    pub struct FilmControls {
        #[template_child]
        pub(super) play: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) scale: TemplateChild<gtk::Scale>,
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) mute: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) whole: TemplateChild<gtk::Button>,
        pub(super) path: RefCell<Option<PathBuf>>,
        /// As the sender says, until it is known.
        pub(super) claimed: Cell<Option<Duration>>,
        pub(super) handlers: RefCell<Vec<glib::SignalHandlerId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FilmControls {
        const NAME: &'static str = "StonechatFilmControls";
        type Type = super::FilmControls;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
            klass.set_accessible_role(gtk::AccessibleRole::Toolbar);
            klass.install_action("film-controls.toggle", None, |controls, _, _| controls.toggle());
            klass.install_action("film-controls.mute", None, |_, _, _| {
                let playback = playback();
                playback.set_muted(!playback.is_muted());
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for FilmControls {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_up();
        }

        fn dispose(&self) {
            for handler in self.handlers.take() {
                playback().disconnect(handler);
            }
            self.dispose_template();
        }
    }

    impl WidgetImpl for FilmControls {}
    impl BoxImpl for FilmControls {}
}

glib::wrapper! {
    /// Controls of one film.
    pub struct FilmControls(ObjectSubclass<imp::FilmControls>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl FilmControls {
    /// Whose controls they are; `length` is what is said of it.
    pub fn set_film(&self, path: Option<&Path>, length: Option<Duration>) {
        self.imp().claimed.set(length);
        self.imp().path.replace(path.map(Path::to_owned));
        self.update();
    }

    /// Where the film is shown large already.
    pub fn set_large(&self) {
        self.imp().whole.set_visible(false);
    }

    /// Plays it, or lets it stand still.
    pub fn toggle(&self) {
        if let Some(path) = &*self.imp().path.borrow() {
            playback().toggle_film(path);
        }
    }

    fn set_up(&self) {
        let imp = self.imp();
        imp.scale.adjustment().set_step_increment(STEP);
        imp.scale.adjustment().set_page_increment(PAGE);
        let weak = self.downgrade();
        imp.scale.connect_change_value(move |_, _, value| {
            if let Some(controls) = weak.upgrade()
                && let Some(path) = &*controls.imp().path.borrow()
            {
                let most = controls.length().unwrap_or_default();
                playback().seek(path, Duration::try_from_secs_f64(value.max(0.0)).unwrap_or_default().min(most));
            }
            glib::Propagation::Stop
        });
        let weak = self.downgrade();
        let changed = playback().connect_changed(move |_| {
            if let Some(controls) = weak.upgrade().filter(FilmControls::is_mapped) {
                controls.update();
            }
        });
        let weak = self.downgrade();
        let moved = playback().connect_moved(move |playback| {
            let is_ours = |controls: &Self| {
                let path = controls.imp().path.borrow();
                controls.is_mapped() && path.as_ref().is_some_and(|path| playback.is_current(path))
            };
            if let Some(controls) = weak.upgrade().filter(is_ours) {
                controls.update();
            }
        });
        imp.handlers.replace(vec![changed, moved]);
        self.connect_map(Self::update);
    }

    fn length(&self) -> Option<Duration> {
        let path = self.imp().path.borrow();
        playback().state(path.as_deref()?).length.or(self.imp().claimed.get())
    }

    fn update(&self) {
        let imp = self.imp();
        let (Some(play), Some(path)) = (imp.play.try_get(), imp.path.borrow().clone()) else { return };
        let state = playback().state(&path);
        let (icon, label) = if state.is_playing {
            ("media-playback-pause-symbolic", gettext("Pause"))
        } else {
            ("media-playback-start-symbolic", gettext("Play"))
        };
        name(&play, icon, &label);
        let (icon, label) = if playback().is_muted() {
            ("audio-volume-muted-symbolic", gettext("Sound on"))
        } else {
            ("audio-volume-high-symbolic", gettext("Sound off"))
        };
        name(&imp.mute, icon, &label);
        let length = self.length();
        let all = length.unwrap_or_default().as_secs_f64();
        imp.scale.set_sensitive(all > 0.0);
        imp.scale.adjustment().set_upper(all.max(0.1));
        imp.scale.adjustment().set_value(state.position.as_secs_f64().min(all));
        let lasting = length.map_or_else(|| "–:––".to_owned(), clock::length);
        let text = format!("{} / {lasting}", clock::clock(state.position));
        if imp.time.label() != text {
            imp.time.set_label(&text);
            imp.scale.update_property(&[gtk::accessible::Property::ValueText(&text)]);
        }
    }
}

fn name(button: &gtk::Button, icon: &str, label: &str) {
    if button.icon_name().as_deref() != Some(icon) || button.tooltip_text().as_deref() != Some(label) {
        button.set_icon_name(icon);
        button.set_tooltip_text(Some(label));
        button.update_property(&[gtk::accessible::Property::Label(label)]);
    }
}
