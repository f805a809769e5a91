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
    listen::{self, Sound},
    playback::playback,
};

/// How far the arrow keys and Page Up and Down go, in seconds.
const STEP: f64 = 2.0;
const PAGE: f64 = 10.0;
const HOUR: Duration = Duration::from_hours(1);
/// Beside the words of the button for the speed, and before it (`history.css`).
const SPEED_PAD: i32 = 26;

mod imp {
    use super::{Bars, glib, playback};
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
            self.obj().set_up();
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

    fn set_up(&self) {
        let imp = self.imp();
        imp.scale.adjustment().set_step_increment(STEP);
        imp.scale.adjustment().set_page_increment(PAGE);
        let weak = self.downgrade();
        imp.scale.connect_change_value(move |_, _, value| {
            if let Some(player) = weak.upgrade()
                && let Some(path) = &*player.imp().path.borrow()
            {
                let most = player.length().unwrap_or_default();
                playback().seek(path, Duration::try_from_secs_f64(value.max(0.0)).unwrap_or_default().min(most));
            }
            glib::Propagation::Stop
        });
        let weak = self.downgrade();
        let changed = playback().connect_changed(move |_| {
            if let Some(player) = weak.upgrade().filter(SoundPlayer::is_mapped) {
                player.update();
            }
        });
        let weak = self.downgrade();
        let moved = playback().connect_moved(move |playback| {
            let is_ours = |player: &Self| {
                player.is_mapped() && player.imp().path.borrow().as_ref().is_some_and(|path| playback.is_current(path))
            };
            if let Some(player) = weak.upgrade().filter(is_ours) {
                player.update();
            }
        });
        imp.handlers.replace(vec![changed, moved]);
        self.connect_map(Self::update);
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
        if play.icon_name().as_deref() != Some(icon) {
            play.set_icon_name(icon);
            play.set_tooltip_text(Some(&label));
            play.update_property(&[gtk::accessible::Property::Label(&label)]);
        }
        let length = self.length();
        let all = length.unwrap_or_default().as_secs_f64();
        let now = state.position.as_secs_f64().min(all);
        imp.scale.set_sensitive(all > 0.0);
        imp.scale.adjustment().set_upper(all.max(0.1));
        imp.scale.adjustment().set_value(now);
        imp.bars.set_played(if all > 0.0 { now / all } else { 0.0 });
        let lasting = length.map_or_else(|| "–:––".to_owned(), clock::length);
        let text = if state.position.is_zero() && !state.is_playing {
            lasting
        } else {
            format!("{} / {lasting}", clock::clock(state.position))
        };
        if imp.time.label() != text {
            imp.time.set_label(&text);
            imp.scale.update_property(&[gtk::accessible::Property::ValueText(&text)]);
        }
        let speed = playback().speed().words();
        if imp.speed.label().as_deref() != Some(&speed) {
            imp.speed.set_label(&speed);
            let label = gettext("Speed: {speed}").replace("{speed}", &speed);
            imp.speed.update_property(&[gtk::accessible::Property::Label(&label)]);
            imp.speed.set_tooltip_text(Some(&label));
        }
    }
}
