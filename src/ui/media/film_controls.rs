//! What one does with a film that plays: let it stand still, go to another place, switch its sound off, look at it closely.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{
    clock,
    controls::{self, Controls},
    playback::playback,
};

mod imp {
    use super::{Controls as _, glib, playback};
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
            let handlers = self.obj().follow(&self.scale);
            self.handlers.replace(handlers);
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
}

impl Controls for FilmControls {
    fn path(&self) -> Option<PathBuf> {
        self.imp().path.borrow().clone()
    }

    fn claimed(&self) -> Option<Duration> {
        self.imp().claimed.get()
    }

    fn update(&self) {
        let imp = self.imp();
        let (Some(play), Some(path)) = (imp.play.try_get(), self.path()) else { return };
        let state = playback().state(&path);
        controls::show_playing(&play, state.is_playing);
        let (icon, label) = if playback().is_muted() {
            ("audio-volume-muted-symbolic", gettext("Sound on"))
        } else {
            ("audio-volume-high-symbolic", gettext("Sound off"))
        };
        controls::name(&imp.mute, icon, &label);
        let length = self.length();
        controls::show_place(&imp.scale, state.position, length);
        let lasting = length.map_or_else(|| "–:––".to_owned(), clock::length);
        controls::show_time(&imp.time, &imp.scale, &format!("{} / {lasting}", clock::clock(state.position)));
    }
}
