//! Pictures of people as textures: decoded off the main thread, once for each picture and size, shared by all who show it.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
};

use futures::channel::oneshot;
use gtk::{gdk, gio, glib};

/// How many textures are kept when nobody shows them any more: a list's worth.
const KEPT: usize = 160;

/// Picture and edge length in pixels.
type Key = (String, u32);

#[derive(Default)]
struct Cache {
    textures: HashMap<Key, glib::WeakRef<gdk::Texture>>,
    recent: VecDeque<gdk::Texture>,
    waiting: HashMap<Key, Vec<oneshot::Sender<Option<gdk::Texture>>>>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The texture, if it is there already.
#[must_use]
pub fn cached(hash: &str, pixels: u32) -> Option<gdk::Texture> {
    CACHE.with_borrow(|cache| cache.textures.get(&(hash.to_owned(), pixels)).and_then(glib::WeakRef::upgrade))
}

/// The picture in `path`, scaled so that it fits a square of so many pixels. `None` when it can't be read.
pub async fn load(hash: &str, path: &Path, pixels: u32) -> Option<gdk::Texture> {
    if let Some(texture) = cached(hash, pixels) {
        return Some(texture);
    }
    let key = (hash.to_owned(), pixels);
    let (sender, receiver) = oneshot::channel();
    let is_first = CACHE.with_borrow_mut(|cache| {
        let waiting = cache.waiting.entry(key.clone()).or_default();
        waiting.push(sender);
        waiting.len() == 1
    });
    if is_first {
        let path = path.to_owned();
        // Not part of the caller's future: whoever else waits gets the texture even when this caller goes away.
        glib::spawn_future_local(async move {
            let texture = gio::spawn_blocking(move || decode(&path, pixels)).await.ok().flatten();
            let waiting = CACHE.with_borrow_mut(|cache| cache.put(key, texture.as_ref()));
            for sender in waiting {
                let _ = sender.send(texture.clone());
            }
        });
    }
    receiver.await.ok().flatten()
}

impl Cache {
    /// Keeps what was decoded and returns who waits for it.
    fn put(&mut self, key: Key, texture: Option<&gdk::Texture>) -> Vec<oneshot::Sender<Option<gdk::Texture>>> {
        let waiting = self.waiting.remove(&key).unwrap_or_default();
        if let Some(texture) = texture {
            self.textures.insert(key, glib::object::ObjectExt::downgrade(texture));
            self.recent.push_back(texture.clone());
            if self.recent.len() > KEPT {
                self.recent.pop_front();
                self.textures.retain(|_, texture| texture.upgrade().is_some());
            }
        }
        waiting
    }
}

fn decode(path: &PathBuf, pixels: u32) -> Option<gdk::Texture> {
    let picture = image::open(path).inspect_err(|error| log::warn!("{}: {error}", path.display())).ok()?;
    let picture =
        if picture.width().max(picture.height()) > pixels { picture.thumbnail(pixels, pixels) } else { picture };
    let picture = picture.into_rgba8();
    let (width, height) = (i32::try_from(picture.width()).ok()?, i32::try_from(picture.height()).ok()?);
    let stride = picture.width() as usize * 4;
    let bytes = glib::Bytes::from_owned(picture.into_raw());
    let texture = gdk::MemoryTexture::new(width, height, gdk::MemoryFormat::R8g8b8a8, &bytes, stride);
    Some(glib::object::Cast::upcast(texture))
}
