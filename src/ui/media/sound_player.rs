//! A row that plays one file of sound: where it is and how long it lasts, as bars where these are known.
//!
//! Knows a file; whose it is and where it came from is not its affair.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{
    bars::Bars,
    clock,
    controls::{self, Controls},
    listen::{self, Sound},
    playback::playback,
};

const HOUR: Duration = Duration::from_hours(1);
/// Beside the words of the button for the speed, and before it (`history.css`).
const SPEED_PAD: i32 = 26;

mod imp {
    use super::{Bars, Controls as _, glib, playback};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::{
        cell::{Cell, RefCell},
        path::PathBuf,
        time::Duration,
    };

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/sound_player.ui")]
    pub struct SoundPlayer {
        #[template_child]
        pub(super) play: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) bars: TemplateChild<Bars>,
        #[template_child]
        pub(super) scale: TemplateChild<gtk::Scale>,
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) speed: TemplateChild<gtk::Button>,
        pub(super) path: RefCell<Option<PathBuf>>,
        /// As the sender says, until it is known.
        pub(super) claimed: Cell<Option<Duration>>,
        pub(super) handlers: RefCell<Vec<glib::SignalHandlerId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SoundPlayer {
        const NAME: &'static str = "StonechatSoundPlayer";
        type Type = super::SoundPlayer;
        type ParentType = gtk::Box;

        fn class_init(klass: &mut Self::Class) {
            Bars::ensure_type();
            klass.bind_template();
            klass.set_css_name("sound-player");
            klass.set_accessible_role(gtk::AccessibleRole::Group);
            klass.install_action("sound.toggle", None, |player, _, _| player.toggle());
            klass.install_action("sound.speed", None, |_, _, _| {
                let playback = playback();
                playback.set_speed(playback.speed().next());
            });
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for SoundPlayer {
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

    impl WidgetImpl for SoundPlayer {}
    impl BoxImpl for SoundPlayer {}
}

glib::wrapper! {
    /// Plays one file of sound.
    pub struct SoundPlayer(ObjectSubclass<imp::SoundPlayer>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for SoundPlayer {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl SoundPlayer {
    /// Shows a file, which is not opened before somebody asks for it; `length` is what is said of it.
    pub fn set_sound(&self, path: Option<&Path>, length: Option<Duration>) {
        let imp = self.imp();
        imp.claimed.set(length);
        if imp.path.borrow().as_deref() == path {
            return self.update();
        }
        imp.path.replace(path.map(Path::to_owned));
        let known = path.and_then(listen::known).flatten();
        self.show_bars(known.as_deref());
        self.update();
    }

    /// Plays it, or lets it stand still.
    pub fn toggle(&self) {
        let Some(path) = self.imp().path.borrow().clone() else { return };
        playback().toggle(&path);
        if listen::known(&path).is_none() {
            self.listen(path);
        }
    }

    /// Finds out what the sound looks like. Not before somebody wants to hear it: until then no decoder reads what others sent.
    fn listen(&self, path: PathBuf) {
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let sound = listen::listen(&path).await;
            // The row may show another message by now.
            if let Some(player) = weak.upgrade().filter(|player| player.imp().path.borrow().as_ref() == Some(&path)) {
                player.show_bars(sound.as_deref());
            }
        });
    }

    /// Whether the sound has bars.
    pub fn has_bars(&self) -> bool {
        self.imp().bars.is_visible()
    }

    /// How far its second line goes at most, whatever is written there while it plays.
    pub fn tail(&self) -> i32 {
        let imp = self.imp();
        let width = |widget: &gtk::Widget, text: &str| widget.create_pango_layout(Some(text)).pixel_size().0;
        let longest = if self.length().unwrap_or_default() < HOUR { "00:00 / 00:00" } else { "0:00:00 / 0:00:00" };
        let play = imp.play.measure(gtk::Orientation::Horizontal, -1).1;
        play + self.spacing()
            + width(imp.time.upcast_ref(), longest)
            + width(imp.speed.upcast_ref(), "1.5×")
            + SPEED_PAD
    }

    fn show_bars(&self, sound: Option<&Sound>) {
        let imp = self.imp();
        if let (Some(sound), Some(path)) = (sound, &*imp.path.borrow()) {
            playback().set_length(path, sound.length);
        }
        imp.bars.set_heights(sound.map_or(&[], |sound| &sound.bars));
        imp.bars.set_visible(sound.is_some());
        if sound.is_some() {
            imp.scale.add_css_class("over-bars");
        } else {
            imp.scale.remove_css_class("over-bars");
        }
        self.update();
    }
}

impl Controls for SoundPlayer {
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
        let length = self.length();
        imp.bars.set_played(controls::show_place(&imp.scale, state.position, length));
        let lasting = length.map_or_else(|| "–:––".to_owned(), clock::length);
        let text = if state.position.is_zero() && !state.is_playing {
            lasting
        } else {
            format!("{} / {lasting}", clock::clock(state.position))
        };
        controls::show_time(&imp.time, &imp.scale, &text);
        let speed = playback().speed().words();
        if imp.speed.label().as_deref() != Some(&speed) {
            imp.speed.set_label(&speed);
            let label = gettext("Speed: {speed}").replace("{speed}", &speed);
            imp.speed.update_property(&[gtk::accessible::Property::Label(&label)]);
            imp.speed.set_tooltip_text(Some(&label));
        }
    }
}
