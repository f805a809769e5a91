//! Pictures and films of a conversation one by one: to look at closely, to save, to copy. What is no picture is a film, and plays
//! when somebody asks for it.
//!
//! Is given what there is; knows no conversation.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use adw::{prelude::*, subclass::prelude::*};
use gtk::{gdk, gio, glib};

use super::{animation, open, picture_cache};
use crate::ui::{
    media::{film_controls::FilmControls, playback::playback},
    sight,
};

/// Decoded pictures have at most so many pixels on a side: what graphics cards take as one.
const MOST_PIXELS: u32 = 8_192;

/// A picture that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub path: PathBuf,
    pub name: String,
}

mod imp {
    use super::{super::zoom_area::ZoomArea, FilmControls, Shown, gdk, glib, playback};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/picture_viewer.ui")]
    pub struct PictureViewer {
        #[template_child]
        pub(super) scroller: TemplateChild<gtk::ScrolledWindow>,
        #[template_child]
        pub(super) area: TemplateChild<ZoomArea>,
        #[template_child]
        pub(super) spinner: TemplateChild<adw::Spinner>,
        #[template_child]
        pub(super) controls: TemplateChild<FilmControls>,
        /// While a film is shown.
        pub(super) frames: RefCell<Option<glib::SignalHandlerId>>,
        pub(super) pictures: RefCell<Vec<Shown>>,
        pub(super) place: Cell<usize>,
        pub(super) playing: RefCell<Option<glib::JoinHandle<()>>>,
        /// Where a pinch began.
        pub(super) pinched_from: Cell<f64>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for PictureViewer {
        const NAME: &'static str = "StonechatPictureViewer";
        type Type = super::PictureViewer;
        type ParentType = adw::Dialog;

        fn class_init(klass: &mut Self::Class) {
            ZoomArea::ensure_type();
            FilmControls::ensure_type();
            klass.bind_template();
            klass.install_action("viewer.larger", None, |viewer, _, _| viewer.imp().area.step(1));
            klass.install_action("viewer.smaller", None, |viewer, _, _| viewer.imp().area.step(-1));
            klass.install_action("viewer.fit", None, |viewer, _, _| viewer.imp().area.set_zoom(None));
            klass.install_action("viewer.actual", None, |viewer, _, _| viewer.imp().area.set_zoom(Some(1.0)));
            klass.install_action("viewer.previous", None, |viewer, _, _| viewer.go(-1));
            klass.install_action("viewer.next", None, |viewer, _, _| viewer.go(1));
            klass.install_action("viewer.toggle", None, |viewer, _, _| viewer.toggle_film());
            klass.install_action("viewer.save", None, |viewer, _, _| viewer.save());
            klass.install_action("viewer.copy", None, |viewer, _, _| viewer.copy());
            let (none, control) = (gdk::ModifierType::empty(), gdk::ModifierType::CONTROL_MASK);
            for (key, modifiers, action) in [
                (gdk::Key::plus, none, "viewer.larger"),
                (gdk::Key::KP_Add, none, "viewer.larger"),
                (gdk::Key::equal, none, "viewer.larger"),
                (gdk::Key::minus, none, "viewer.smaller"),
                (gdk::Key::KP_Subtract, none, "viewer.smaller"),
                (gdk::Key::space, none, "viewer.toggle"),
                (gdk::Key::_0, none, "viewer.fit"),
                (gdk::Key::_1, none, "viewer.actual"),
                (gdk::Key::s, control, "viewer.save"),
                (gdk::Key::c, control, "viewer.copy"),
            ] {
                klass.add_binding_action(key, modifiers, action);
            }
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for PictureViewer {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().add_controllers();
        }

        fn dispose(&self) {
            if let Some(playing) = self.playing.take() {
                playing.abort();
            }
            if let Some(frames) = self.frames.take() {
                playback().disconnect(frames);
            }
        }
    }

    impl WidgetImpl for PictureViewer {}
    impl AdwDialogImpl for PictureViewer {}
}

glib::wrapper! {
    /// Shows pictures one by one.
    pub struct PictureViewer(ObjectSubclass<imp::PictureViewer>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl PictureViewer {
    /// Shows these, beginning with the one at `place`.
    #[must_use]
    pub fn new(pictures: Vec<Shown>, place: usize) -> Self {
        let viewer: Self = glib::Object::new();
        viewer.imp().pictures.replace(pictures);
        viewer.imp().place.set(place);
        viewer.show();
        viewer.set_focus(Some(&*viewer.imp().area));
        viewer
    }

    /// Which picture is shown.
    pub fn shown(&self) -> Option<Shown> {
        self.imp().pictures.borrow().get(self.imp().place.get()).cloned()
    }

    /// How much larger than its pixels it is shown; none: as large as fits.
    pub fn zoom(&self) -> Option<f64> {
        self.imp().area.zoom()
    }

    /// Whether the picture has been read.
    pub fn has_picture(&self) -> bool {
        self.picture().is_some()
    }

    /// What is seen at the moment.
    pub fn picture(&self) -> Option<gdk::Texture> {
        self.imp().area.texture()
    }

    fn go(&self, by: isize) {
        let imp = self.imp();
        let next = imp.place.get().checked_add_signed(by).filter(|next| *next < imp.pictures.borrow().len());
        if let Some(next) = next {
            if self.shown().is_some_and(|shown| playback().state(&shown.path).is_playing) {
                playback().pause();
            }
            imp.place.set(next);
            self.show();
        }
    }

    fn show(&self) {
        let imp = self.imp();
        if let Some(playing) = imp.playing.take() {
            playing.abort();
        }
        if let Some(frames) = imp.frames.take() {
            playback().disconnect(frames);
        }
        imp.controls.set_visible(false);
        imp.area.set_may_grow(false);
        let Some(shown) = self.shown() else { return };
        self.set_title(&shown.name);
        imp.area.update_property(&[gtk::accessible::Property::Label(&shown.name)]);
        let last = imp.pictures.borrow().len().saturating_sub(1);
        self.action_set_enabled("viewer.previous", imp.place.get() > 0);
        self.action_set_enabled("viewer.next", imp.place.get() < last);
        imp.area.set_texture(None);
        imp.spinner.set_visible(true);
        let weak = self.downgrade();
        let task = glib::spawn_future_local(async move {
            let texture = picture_cache::load(&shown.path, MOST_PIXELS).await;
            let Some(viewer) = weak.upgrade() else { return };
            viewer.imp().spinner.set_visible(false);
            if texture.is_none() {
                return viewer.show_film(&shown.path);
            }
            viewer.imp().area.set_texture(texture);
            drop(viewer);
            play(&weak, shown.path).await;
        });
        imp.playing.replace(Some(task));
    }

    fn show_film(&self, path: &Path) {
        let imp = self.imp();
        imp.controls.set_film(Some(path), None);
        imp.controls.set_large();
        imp.area.set_may_grow(true);
        imp.controls.set_visible(true);
        if playback().state(path).is_current {
            imp.area.set_texture(playback().frame());
        }
        let (weak, path) = (self.downgrade(), path.to_owned());
        let handler = playback().connect_frame(move |playback| {
            if let Some((viewer, frame)) = weak.upgrade().zip(playback.frame())
                && playback.state(&path).is_current
            {
                viewer.imp().area.set_frame(frame);
            }
        });
        imp.frames.replace(Some(handler));
    }

    /// Plays the film that is shown, or lets it stand still.
    fn toggle_film(&self) {
        if self.imp().controls.get_visible() {
            self.imp().controls.toggle();
        }
    }

    /// Whether the picture is wider than its place.
    fn can_scroll(&self) -> bool {
        let place = self.imp().scroller.hadjustment();
        place.upper() - place.page_size() > 1.0
    }

    fn save(&self) {
        if let Some(shown) = self.shown() {
            open::save(self, &shown.path, &shown.name);
        }
    }

    fn copy(&self) {
        if let Some(texture) = self.imp().area.texture() {
            self.clipboard().set_texture(&texture);
        }
    }

    fn add_controllers(&self) {
        let area = &self.imp().area;
        // Before the scrolled window, which takes arrows also where there is nothing to scroll.
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = self.downgrade();
        keys.connect_key_pressed(move |_, key, _, modifiers| match (weak.upgrade(), key) {
            (Some(viewer), gdk::Key::Left | gdk::Key::Right) if modifiers.is_empty() && !viewer.can_scroll() => {
                let is_forward = (key == gdk::Key::Right) == (viewer.direction() != gtk::TextDirection::Rtl);
                viewer.go(if is_forward { 1 } else { -1 });
                glib::Propagation::Stop
            }
            _ => glib::Propagation::Proceed,
        });
        self.imp().scroller.add_controller(keys);
        let weak = self.downgrade();
        let wheel = gtk::EventControllerScroll::builder()
            .flags(gtk::EventControllerScrollFlags::VERTICAL | gtk::EventControllerScrollFlags::DISCRETE)
            .propagation_phase(gtk::PropagationPhase::Capture)
            .build();
        wheel.connect_scroll(move |wheel, _, dy| match weak.upgrade() {
            Some(viewer) if wheel.current_event_state().contains(gdk::ModifierType::CONTROL_MASK) => {
                viewer.imp().area.step(if dy < 0.0 { 1 } else { -1 });
                glib::Propagation::Stop
            }
            _ => glib::Propagation::Proceed,
        });
        self.imp().scroller.add_controller(wheel);
        let pinch = gtk::GestureZoom::new();
        let weak = self.downgrade();
        pinch.connect_begin(move |_, _| {
            if let Some(viewer) = weak.upgrade() {
                viewer.imp().pinched_from.set(viewer.imp().area.shown_zoom());
            }
        });
        let weak = self.downgrade();
        pinch.connect_scale_changed(move |_, scale| {
            if let Some(viewer) = weak.upgrade() {
                viewer.imp().area.set_zoom(Some(viewer.imp().pinched_from.get() * scale));
            }
        });
        area.add_controller(pinch);
        let press = gtk::GestureClick::new();
        let weak = self.downgrade();
        press.connect_pressed(move |_, times, _, _| {
            if let Some(viewer) = weak.upgrade().filter(|_| times == 2) {
                let area = &viewer.imp().area;
                area.set_zoom(if area.zoom().is_none() { Some(1.0) } else { None });
            }
        });
        area.add_controller(press);
    }
}

/// Plays a picture that moves, for as long as it is shown; it stands still while nobody can see it.
async fn play(viewer: &glib::WeakRef<PictureViewer>, path: PathBuf) {
    let frames = gio::spawn_blocking(move || animation::frames(&path)).await.ok().flatten();
    let Some(frames) = frames.filter(|frames| frames.len() > 1) else { return };
    for frame in frames.iter().cycle() {
        let Some(shown) = viewer.upgrade() else { return };
        shown.imp().area.set_frame(frame.texture.clone());
        let is_seen = sight::seen(shown.upcast_ref());
        drop(shown);
        is_seen.await;
        glib::timeout_future(frame.pause.max(Duration::from_millis(20))).await;
    }
}
