//! The file of a message in its bubble: a picture in its shape, or a card with name and size; how far it has come, and what is
//! wrong with it.
//!
//! Names actions of the row (`message.fetch-file`, `message.cancel-file`, `message.open-file`, `message.save-file`); knows neither
//! row nor message.

use std::path::PathBuf;

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{
    picture_area::{MOST_WIDTH, PictureArea},
    picture_cache, words,
};
use crate::{
    engine::api::{Attachment, AttachmentKind, Transfer},
    ui::media::{clock, film_controls::FilmControls, playback::playback, sound_player::SoundPlayer},
};

/// Beside what stands in a card, and between (`attachment_view.blp`, `history.css`).
const CARD_PAD: i32 = 22;

mod imp {
    use super::{Attachment, FilmControls, PathBuf, PictureArea, SoundPlayer, Transfer, gdk, glib, playback};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/attachment_view.ui")]
    pub struct AttachmentView {
        #[template_child]
        pub(in crate::ui::attachment) frame: TemplateChild<gtk::Overlay>,
        #[template_child]
        pub(in crate::ui::attachment) picture: TemplateChild<PictureArea>,
        #[template_child]
        pub(in crate::ui::attachment) controls: TemplateChild<FilmControls>,
        #[template_child]
        pub(in crate::ui::attachment) picture_button: TemplateChild<gtk::Button>,
        #[template_child]
        pub(in crate::ui::attachment) picture_note: TemplateChild<gtk::Label>,
        #[template_child]
        pub(in crate::ui::attachment) card: TemplateChild<gtk::Overlay>,
        #[template_child]
        pub(in crate::ui::attachment) card_button: TemplateChild<gtk::Button>,
        #[template_child]
        pub(in crate::ui::attachment) name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(in crate::ui::attachment) details: TemplateChild<gtk::Label>,
        #[template_child]
        pub(in crate::ui::attachment) save: TemplateChild<gtk::Button>,
        #[template_child]
        pub(in crate::ui::attachment) sound_name: TemplateChild<gtk::Label>,
        #[template_child]
        pub(in crate::ui::attachment) sound: TemplateChild<SoundPlayer>,
        /// Over what is there: nothing becomes higher by it.
        #[template_child]
        pub(in crate::ui::attachment) progress: TemplateChild<gtk::ProgressBar>,
        #[template_child]
        pub(in crate::ui::attachment) picture_progress: TemplateChild<gtk::ProgressBar>,
        #[template_child]
        pub(in crate::ui::attachment) problem: TemplateChild<gtk::Label>,
        /// Which picture is shown, or is being read.
        pub(in crate::ui::attachment) shown: RefCell<Option<PathBuf>>,
        pub(in crate::ui::attachment) placeholder: RefCell<Option<Vec<u8>>>,
        /// What is shown now.
        pub(in crate::ui::attachment) state: RefCell<Option<(Attachment, Option<Transfer>)>>,
        /// Somebody wants to hear it, and it is on its way.
        pub(in crate::ui::attachment) is_awaited: Cell<bool>,
        pub(in crate::ui::attachment) handler: RefCell<Option<glib::SignalHandlerId>>,
        /// While the film plays.
        pub(in crate::ui::attachment) frames: RefCell<Option<glib::SignalHandlerId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for AttachmentView {
        const NAME: &'static str = "StonechatAttachmentView";
        type Type = super::AttachmentView;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            PictureArea::ensure_type();
            SoundPlayer::ensure_type();
            FilmControls::ensure_type();
            klass.bind_template();
            klass.set_css_name("attachment");
            klass.install_action("film.toggle", None, |view, _, _| view.toggle_film());
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for AttachmentView {
        fn constructed(&self) {
            self.parent_constructed();
            let weak = self.obj().downgrade();
            let press = gtk::GestureClick::builder().button(gdk::BUTTON_PRIMARY).build();
            press.connect_released(move |_, _, _, _| {
                if let Some(view) = weak.upgrade() {
                    view.press();
                }
            });
            self.picture.add_controller(press);
            let weak = self.obj().downgrade();
            let handler = playback().connect_changed(move |_| {
                let Some(view) = weak.upgrade() else { return };
                if view.is_sound() {
                    view.show_sound();
                } else {
                    view.update_film();
                }
            });
            self.handler.replace(Some(handler));
            let weak = self.obj().downgrade();
            for button in [&self.card_button, &self.picture_button] {
                let weak = weak.clone();
                button.connect_clicked(move |_| {
                    if let Some(view) = weak.upgrade() {
                        view.await_file();
                    }
                });
            }
            self.obj().connect_unmap(super::AttachmentView::let_film_stand);
        }

        fn dispose(&self) {
            for handler in [self.handler.take(), self.frames.take()].into_iter().flatten() {
                playback().disconnect(handler);
            }
        }
    }

    impl WidgetImpl for AttachmentView {}
    impl BoxImpl for AttachmentView {}
}

glib::wrapper! {
    /// What a message's file looks like.
    pub struct AttachmentView(ObjectSubclass<imp::AttachmentView>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for AttachmentView {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl AttachmentView {
    /// Whether it is a picture or a film, and no card.
    pub fn is_picture(&self) -> bool {
        self.imp().frame.get_visible()
    }

    /// How far the last line of what plays a sound goes, or of the card of a recording that is not here yet, while nothing is
    /// below it; 0 for everything else.
    pub fn tail(&self) -> i32 {
        let imp = self.imp();
        let (has_card, has_sound) = (imp.card.get_visible(), imp.sound.get_visible());
        if imp.problem.get_visible() || (has_card && has_sound) {
            return 0;
        }
        if has_sound {
            return imp.sound.tail();
        }
        let state = imp.state.borrow();
        let recording = state.as_ref().filter(|(file, _)| is_recording(file));
        let Some((file, _)) = recording.filter(|_| has_card) else { return 0 };
        let size = file.size.unwrap_or_default();
        let longest = words::progress(Transfer { done: size, total: Some(size) });
        let words = imp.details.create_pango_layout(Some(&longest)).pixel_size().0;
        imp.card_button.measure(gtk::Orientation::Horizontal, -1).1 + words + CARD_PAD
    }

    /// Called when it becomes something else: a film, or a sound, that can't be played is a file.
    pub fn connect_kind_changed(&self, f: impl Fn(&Self) + Clone + 'static) {
        let imp = self.imp();
        for widget in [imp.frame.upcast_ref::<gtk::Widget>(), imp.card.upcast_ref()] {
            let (weak, f) = (self.downgrade(), f.clone());
            widget.connect_visible_notify(move |_| {
                if let Some(view) = weak.upgrade() {
                    f(&view);
                }
            });
        }
    }

    /// Another message is shown from now on.
    pub fn begin(&self) {
        self.imp().is_awaited.set(false);
        self.let_film_stand();
    }

    /// Shows a file as it stands now.
    pub fn set_attachment(&self, attachment: &Attachment, transfer: Option<Transfer>) {
        let imp = self.imp();
        let is_picture = attachment.kind == AttachmentKind::Picture;
        let is_film = Self::is_film(attachment);
        imp.state.replace(Some((attachment.clone(), transfer)));
        imp.frame.set_visible(is_picture || is_film);
        imp.card.set_visible(!is_picture && !is_film);
        let (icon, label, action) = deed(attachment, transfer);
        for button in [&imp.picture_button, &imp.card_button] {
            button.set_icon_name(icon);
            button.set_tooltip_text(Some(&label));
            button.update_property(&[gtk::accessible::Property::Label(&label)]);
            button.set_action_name(Some(action));
        }
        let far = transfer.map(words::progress);
        if is_picture {
            self.show_picture(attachment, transfer.is_some(), far.as_deref());
        } else if is_film {
            self.show_film(attachment, far);
        } else {
            self.let_go_of_picture();
            imp.name.set_label(&attachment.name);
            imp.name.set_tooltip_text(Some(&attachment.name));
            let size = attachment.size.map(words::size);
            let length = attachment.length.map(clock::length);
            let known = [length, size].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            let known = Some(known).filter(|known| !known.is_empty());
            imp.details.set_label(&far.or(known).unwrap_or_else(|| gettext("Size not known")));
            imp.save.set_visible(attachment.path.is_some());
            self.update_film();
        }
        let share = transfer
            .filter(|transfer| transfer.done > 0)
            .and_then(|transfer| transfer.total.map(|total| (transfer.done, total)));
        for bar in [&imp.progress, &imp.picture_progress] {
            bar.set_visible(share.is_some());
            if let Some((done, total)) = share {
                #[expect(clippy::cast_precision_loss)]
                bar.set_fraction((done as f64 / total.max(1) as f64).min(1.0));
            }
        }
        // Why one's own did not go is said below the message.
        let problem =
            attachment.problem.filter(|_| transfer.is_none() && attachment.is_uploaded && attachment.path.is_none());
        imp.problem.set_visible(problem.is_some());
        if let Some(problem) = problem {
            imp.problem.set_label(&words::problem(problem, false));
        }
        self.show_sound();
        self.say_failure(attachment.kind == AttachmentKind::Video && !is_film);
        if attachment.path.is_some() && transfer.is_none() && imp.is_awaited.take() {
            if self.sound_path().is_some() {
                imp.sound.toggle();
            } else if is_film {
                self.toggle_film();
            }
        }
    }

    fn show_picture(&self, attachment: &Attachment, is_moving: bool, far: Option<&str>) {
        let imp = self.imp();
        imp.picture.set_dimensions(attachment.dimensions);
        imp.picture.set_whole(false);
        self.update_film();
        let is_here = attachment.path.is_some();
        imp.picture_button.set_visible(!is_here || is_moving);
        let size = attachment.size.map(words::size).filter(|_| !is_here);
        let note = far.map(str::to_owned).or(size);
        imp.picture_note.set_visible(note.is_some());
        imp.picture_note.set_label(&note.unwrap_or_default());
        imp.picture.set_cursor_from_name(is_here.then_some("pointer"));
        let Some(path) = &attachment.path else {
            let is_other = imp.shown.take().is_some() || *imp.placeholder.borrow() != attachment.thumbhash;
            if is_other {
                imp.placeholder.replace(attachment.thumbhash.clone());
                imp.picture.set_texture(attachment.thumbhash.as_deref().and_then(picture_cache::placeholder));
            }
            return;
        };
        if imp.shown.borrow().as_ref() == Some(path) {
            return;
        }
        imp.shown.replace(Some(path.clone()));
        let pixels = MOST_WIDTH.unsigned_abs() * self.scale_factor().unsigned_abs().clamp(1, 4);
        if let Some(texture) = picture_cache::cached(path, pixels) {
            imp.picture.set_texture(Some(texture));
            return;
        }
        imp.picture.set_texture(attachment.thumbhash.as_deref().and_then(picture_cache::placeholder));
        let (weak, path) = (self.downgrade(), path.clone());
        glib::spawn_future_local(async move {
            let texture = picture_cache::load(&path, pixels).await;
            // The row may show another message by now.
            if let Some(view) = weak.upgrade().filter(|view| view.imp().shown.borrow().as_ref() == Some(&path))
                && texture.is_some()
            {
                view.imp().picture.set_texture(texture);
            }
        });
    }

    fn is_sound(&self) -> bool {
        self.imp().state.borrow().as_ref().is_some_and(|(file, _)| file.kind == AttachmentKind::Audio)
    }

    /// The file of sound that can be played here, so far as is known.
    fn sound_path(&self) -> Option<PathBuf> {
        let state = self.imp().state.borrow();
        let (attachment, _) = state.as_ref().filter(|(file, _)| file.kind == AttachmentKind::Audio)?;
        attachment.path.clone().filter(|path| !playback().state(path).has_failed)
    }

    /// Sound that is here has a player in place of the card; what can't be played has its card, and says so.
    fn show_sound(&self) {
        let imp = self.imp();
        let Some(sound) = imp.sound.try_get() else { return };
        let path = self.sound_path();
        sound.set_visible(path.is_some());
        let state = imp.state.borrow();
        let Some((attachment, transfer)) = state.as_ref().filter(|(file, _)| file.kind == AttachmentKind::Audio) else {
            imp.sound_name.set_visible(false);
            return sound.set_sound(None, None);
        };
        let is_recording = is_recording(attachment);
        imp.sound_name.set_visible(path.is_some() && !is_recording);
        imp.sound_name.set_label(&attachment.name);
        imp.sound_name.set_tooltip_text(Some(&attachment.name));
        imp.name.set_label(&if is_recording { gettext("Voice message") } else { attachment.name.clone() });
        imp.card.set_visible(path.is_none() || transfer.is_some());
        sound.set_sound(path.as_deref(), attachment.length);
        self.say_failure(attachment.path.is_some() && path.is_none());
    }

    /// What can't be played here says so.
    fn say_failure(&self, has_failed: bool) {
        if has_failed {
            let imp = self.imp();
            imp.problem.set_visible(true);
            imp.problem.set_label(&gettext("This can't be played here. Save it, or open it with another program."));
        }
    }

    fn let_go_of_picture(&self) {
        let imp = self.imp();
        imp.shown.take();
        imp.placeholder.take();
        imp.picture.set_texture(None);
    }

    /// Somebody has asked for the file: what can be played is, as soon as it is here.
    fn await_file(&self) {
        let is_missing = self.imp().state.borrow().as_ref().is_some_and(|(file, _)| file.path.is_none());
        self.imp().is_awaited.set(is_missing);
    }

    fn press(&self) {
        self.await_file();
        if let Some(action) = self.imp().picture_button.action_name()
            && let Err(error) = self.activate_action(&action, None)
        {
            log::warn!("{action}: {error}");
        }
    }
}

/// Whether it is a voice message.
fn is_recording(file: &Attachment) -> bool {
    file.kind == AttachmentKind::Audio && words::is_recording(&file.name)
}

/// What a press does: icon, words, action.
fn deed(attachment: &Attachment, transfer: Option<Transfer>) -> (&'static str, String, &'static str) {
    if transfer.is_some() {
        return ("process-stop-symbolic", gettext("Cancel"), "message.cancel-file");
    }
    if attachment.path.is_none() {
        return ("folder-download-symbolic", gettext("Download"), "message.fetch-file");
    }
    if AttachmentView::is_film(attachment) {
        return ("media-playback-start-symbolic", gettext("Play"), "film.toggle");
    }
    let icon = match attachment.kind {
        AttachmentKind::Audio => "audio-x-generic-symbolic",
        AttachmentKind::Video => "video-x-generic-symbolic",
        AttachmentKind::Picture | AttachmentKind::Other => "text-x-generic-symbolic",
    };
    (icon, gettext("Open"), "message.open-file")
}
