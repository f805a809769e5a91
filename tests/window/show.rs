//! The window in a played world, and pictures of it.

use adw::prelude::*;
use gtk::glib;
use stonechat::ui::{Application, ConversationRow, Profile};

use crate::{
    stage::{Stage, World},
    widgets::{all, until},
};

/// A window in a played world; gone with its profile when it is dropped.
pub struct Show {
    pub stage: Stage,
    pub application: Application,
    pub window: gtk::Window,
    _profile: tempfile::TempDir,
}

impl Show {
    pub fn begin(world: World) -> Self {
        stonechat::ui::register_resources();
        adw::init().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (stage, engine, events) = Stage::begin(world);
        let application = Application::with_engine(Profile::new(Some(dir.path().to_owned())), engine, events);
        application.register(gtk::gio::Cancellable::NONE).unwrap();
        application.activate();
        until("the window is there", || {
            application.windows().iter().any(|window| window.is_mapped() && window.width() > 0)
        });
        let window = application.windows().remove(0);
        Self { stage, application, window, _profile: dir }
    }

    pub fn names(&self) -> Vec<String> {
        let rows = all::<ConversationRow>(&self.window);
        rows.iter()
            .filter_map(ConversationRow::conversation)
            .map(|conversation| conversation.contact().display_name())
            .collect()
    }

    /// How narrow the window's page can be; what is wider than the window is cut off.
    pub fn least_width(&self) -> i32 {
        let content = self.window.downcast_ref::<adw::ApplicationWindow>().and_then(AdwApplicationWindowExt::content);
        content.expect("the window has content").measure(gtk::Orientation::Horizontal, -1).0
    }

    pub fn open(&self, name: &str) {
        let conversations = self.application.messenger().conversations();
        let conversation = conversations.iter().find(|c| c.contact().display_name() == name).unwrap();
        self.window.downcast_ref::<stonechat::ui::Window>().unwrap().show_conversation(&conversation);
    }

    /// Leaves a picture where somebody wants to see one.
    pub fn picture(&self, name: &str) {
        picture_of(&self.window, name);
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.window.destroy();
    }
}

/// Leaves a picture of what has a surface of its own, such as a popover.
pub fn picture_of(native: &(impl IsA<gtk::Native> + IsA<gtk::Widget>), name: &str) {
    let Some(dir) = std::env::var_os("STONECHAT_SHOTS") else { return };
    let widget = native.upcast_ref::<gtk::Widget>();
    let paintable = gtk::WidgetPaintable::new(Some(widget));
    // What slides in or fades has arrived after a second.
    let enough = if widget.settings().is_gtk_enable_animations() { 60 } else { 6 };
    let frames = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = frames.clone();
    widget.add_tick_callback(move |widget, _| {
        widget.queue_draw();
        count.set(count.get() + 1);
        if count.get() < enough { glib::ControlFlow::Continue } else { glib::ControlFlow::Break }
    });
    until("it has settled", || frames.get() >= enough);
    let snapshot = gtk::Snapshot::new();
    paintable.snapshot(&snapshot, f64::from(widget.width()), f64::from(widget.height()));
    let node = snapshot.to_node().expect("the window is drawn");
    let renderer = native.renderer().expect("the window is realized");
    let texture = renderer.render_texture(node, None);
    texture.save_to_png(std::path::Path::new(&dir).join(format!("{name}.png"))).unwrap();
}
