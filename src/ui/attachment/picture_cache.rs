//! Pictures in messages as textures: decoded off the main thread under limits, once for each file and size, shared by all who
//! show it.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
};

use futures::channel::oneshot;
use gtk::{gdk, gio, glib, prelude::*};

use crate::engine::file::media;

/// How many bytes of textures are kept when nobody shows them any more: some screens full.
const KEPT: usize = 96 * 1024 * 1024;

/// File and longest side in pixels.
type Key = (PathBuf, u32);

#[derive(Default)]
struct Cache {
    textures: HashMap<Key, glib::WeakRef<gdk::Texture>>,
    recent: VecDeque<gdk::Texture>,
    kept: usize,
    waiting: HashMap<Key, Vec<oneshot::Sender<Option<gdk::Texture>>>>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The texture, if it is there already.
#[must_use]
pub fn cached(path: &Path, pixels: u32) -> Option<gdk::Texture> {
    CACHE.with_borrow(|cache| cache.textures.get(&(path.to_owned(), pixels)).and_then(glib::WeakRef::upgrade))
}

/// The picture in `path`, upright, no longer than so many pixels on a side. `None` when it can't be read.
pub async fn load(path: &Path, pixels: u32) -> Option<gdk::Texture> {
    if let Some(texture) = cached(path, pixels) {
        return Some(texture);
    }
    let key = (path.to_owned(), pixels);
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
            // A decoder that panics has been given something that is no picture.
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
            self.textures.insert(key, ObjectExt::downgrade(texture));
            self.kept += bytes(texture);
            self.recent.push_back(texture.clone());
            while self.kept > KEPT
                && let Some(oldest) = self.recent.pop_front()
            {
                self.kept -= bytes(&oldest);
            }
            self.textures.retain(|_, texture| texture.upgrade().is_some());
        }
        waiting
    }
}

fn bytes(texture: &gdk::Texture) -> usize {
    usize::try_from(i64::from(texture.width()) * i64::from(texture.height()) * 4).unwrap_or(0)
}

fn decode(path: &Path, pixels: u32) -> Option<gdk::Texture> {
    let picture = media::picture(path)?;
    let is_larger = picture.width().max(picture.height()) > pixels;
    let picture = if is_larger { picture.thumbnail(pixels, pixels) } else { picture };
    let picture = picture.into_rgba8();
    texture(picture.width(), picture.height(), picture.into_raw())
}

/// What a few bytes say of a picture that is not here yet (<https://evanw.github.io/thumbhash/>).
#[must_use]
pub fn placeholder(thumbhash: &[u8]) -> Option<gdk::Texture> {
    // The function reads further than it has looked.
    let (width, height, pixels) = std::panic::catch_unwind(|| thumbhash::thumb_hash_to_rgba(thumbhash)).ok()?.ok()?;
    texture(u32::try_from(width).ok()?, u32::try_from(height).ok()?, pixels)
}

/// Pixels as a texture: red, green, blue, opacity.
pub(in crate::ui) fn texture(width: u32, height: u32, pixels: Vec<u8>) -> Option<gdk::Texture> {
    let stride = width as usize * 4;
    let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
    let bytes = glib::Bytes::from_owned(pixels);
    Some(gdk::MemoryTexture::new(width, height, gdk::MemoryFormat::R8g8b8a8, &bytes, stride).upcast())
}
