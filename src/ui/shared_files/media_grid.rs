//! Pictures and videos as a grid, newest first.

use std::{cell::RefCell, rc::Rc};

use adw::prelude::*;
use gettextrs::gettext;
use gtk::{glib, graphene};

use super::{deed, media_tile::MediaTile, scrolled};
use crate::{
    engine::api::AttachmentKind,
    model::{FoundMessage, MessageSearch},
    ui::{
        attachment::viewer::{PictureViewer, Shown},
        list_row,
    },
};

/// As many stand beside each other in a narrow window, and in a wide one.
const COLUMNS: (u32, u32) = (3, 5);

/// The tiles that there are: those that the grid has made, in sight or not.
type Tiles = Rc<RefCell<Vec<glib::WeakRef<MediaTile>>>>;

pub(super) fn new(search: &MessageSearch) -> gtk::ScrolledWindow {
    let tiles = Tiles::default();
    let grid = gtk::GridView::builder()
        .model(&gtk::NoSelection::new(Some(search.clone())))
        .min_columns(COLUMNS.0)
        .max_columns(COLUMNS.1)
        .single_click_activate(true)
        .css_classes(["media-grid"])
        .build();
    grid.update_property(&[gtk::accessible::Property::Label(&gettext("Pictures and videos"))]);
    let scrolled = scrolled(&grid, search);
    let look = looker(&scrolled, &tiles);
    let factory = gtk::SignalListItemFactory::new();
    let on_bind = look.clone();
    let found_in = search.clone();
    factory.connect_bind(move |_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
        let Some(found) = item.item().and_downcast::<FoundMessage>() else { return };
        let tile = MediaTile::new(&found);
        let (weak, search) = (tile.downgrade(), found_in.clone());
        deed::attach_menu(&tile, &found, move || {
            if let Some(tile) = weak.upgrade() {
                open(&tile, &search, tile.found());
            }
        });
        list_row::fill(item, &tile);
        let mut tiles = tiles.borrow_mut();
        tiles.retain(|tile| tile.upgrade().is_some());
        tiles.push(tile.downgrade());
        on_bind();
    });
    factory.connect_unbind(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(None::<&gtk::Widget>);
        }
    });
    grid.set_factory(Some(&factory));
    let shown = search.clone();
    grid.connect_activate(move |grid, position| {
        if let Some(found) = shown.hit(position) {
            open(grid, &shown, &found);
        }
    });
    deed::attach_keys(&grid);
    let on_scroll = look.clone();
    scrolled.vadjustment().connect_value_changed(move |_| on_scroll());
    let on_size = look.clone();
    scrolled.vadjustment().connect_changed(move |_| on_size());
    scrolled.connect_map(move |_| look());
    scrolled
}

/// Tells the tiles in sight that they are, once the grid has put them in their places.
fn looker(scrolled: &gtk::ScrolledWindow, tiles: &Tiles) -> impl Fn() + Clone + 'static {
    let (scrolled, tiles) = (scrolled.downgrade(), tiles.clone());
    let waiting = Rc::new(RefCell::new(false));
    move || {
        if waiting.replace(true) {
            return;
        }
        let (scrolled, tiles, waiting) = (scrolled.clone(), tiles.clone(), waiting.clone());
        // Below the priority at which the window is laid out.
        glib::idle_add_local_full(glib::Priority::DEFAULT_IDLE, move || {
            waiting.replace(false);
            let Some(scrolled) = scrolled.upgrade().filter(WidgetExt::is_mapped) else {
                return glib::ControlFlow::Break;
            };
            #[expect(clippy::cast_precision_loss)]
            let sight = graphene::Rect::new(0.0, 0.0, scrolled.width() as f32, scrolled.height() as f32);
            let all: Vec<_> = tiles.borrow().iter().filter_map(glib::WeakRef::upgrade).collect();
            for tile in all.into_iter().filter(WidgetExt::is_mapped) {
                if tile.compute_bounds(&scrolled).is_some_and(|bounds| bounds.intersection(&sight).is_some()) {
                    tile.come_into_sight();
                }
            }
            glib::ControlFlow::Break
        });
    }
}

/// A picture that is here is looked at closely, with those that were found before and after it.
fn open(widget: &impl IsA<gtk::Widget>, search: &MessageSearch, found: &FoundMessage) {
    let picture = |found: &FoundMessage| {
        let file = found.attachment().filter(|file| file.kind == AttachmentKind::Picture && !found.is_covered())?;
        Some(Shown { path: file.path?, name: file.name })
    };
    if picture(found).is_none() || found.transfer().is_some() {
        return deed::open(widget, found);
    }
    // As in the conversation: what is older comes first.
    let mut all: Vec<_> = search.iter().filter_map(|item| Some((item.id(), picture(&item)?))).collect();
    all.reverse();
    let place = all.iter().position(|(id, _)| *id == found.id()).unwrap_or_default();
    PictureViewer::new(all.into_iter().map(|(_, shown)| shown).collect(), place).present(Some(widget));
}
