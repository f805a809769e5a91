//! Textures that are made once for all who show them, and kept for a while when nobody does any more.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use futures::channel::oneshot;
use gtk::{gdk, gio, glib, prelude::*};

/// Textures by what they show.
pub struct TextureCache<K> {
    textures: HashMap<K, glib::WeakRef<gdk::Texture>>,
    recent: VecDeque<gdk::Texture>,
    waiting: HashMap<K, Vec<oneshot::Sender<Option<gdk::Texture>>>>,
    /// What all recent ones weigh, and what they may.
    weight: usize,
    most: usize,
    weigh: fn(&gdk::Texture) -> usize,
}

impl<K: Clone + Eq + Hash + 'static> TextureCache<K> {
    /// Keeps textures that together weigh no more than `most`.
    pub fn new(most: usize, weigh: fn(&gdk::Texture) -> usize) -> Self {
        let (textures, recent, waiting) = (HashMap::new(), VecDeque::new(), HashMap::new());
        Self { textures, recent, waiting, weight: 0, most, weigh }
    }

    /// One that is there already.
    pub fn cached(&self, key: &K) -> Option<gdk::Texture> {
        self.textures.get(key).and_then(glib::WeakRef::upgrade)
    }

    /// Waits with others for a texture; whether one is the first, who has to see to it that it is made.
    fn wait(&mut self, key: K) -> (oneshot::Receiver<Option<gdk::Texture>>, bool) {
        let (sender, receiver) = oneshot::channel();
        let waiting = self.waiting.entry(key).or_default();
        waiting.push(sender);
        (receiver, waiting.len() == 1)
    }

    /// Keeps what was made and returns who waits for it.
    fn put(&mut self, key: K, texture: Option<&gdk::Texture>) -> Vec<oneshot::Sender<Option<gdk::Texture>>> {
        let waiting = self.waiting.remove(&key).unwrap_or_default();
        if let Some(texture) = texture {
            self.textures.insert(key, ObjectExt::downgrade(texture));
            self.weight += (self.weigh)(texture);
            self.recent.push_back(texture.clone());
            while self.weight > self.most
                && let Some(oldest) = self.recent.pop_front()
            {
                self.weight -= (self.weigh)(&oldest);
            }
            self.textures.retain(|_, texture| texture.upgrade().is_some());
        }
        waiting
    }
}

/// A cache that the main thread has.
pub type Place<K> = &'static std::thread::LocalKey<std::cell::RefCell<TextureCache<K>>>;

/// The texture, made by `decode` on another thread where it is not there yet. `None` when it can't be made.
pub async fn load<K: Clone + Eq + Hash + 'static>(
    cache: Place<K>,
    key: K,
    decode: impl FnOnce() -> Option<gdk::Texture> + Send + 'static,
) -> Option<gdk::Texture> {
    if let Some(texture) = cache.with_borrow(|cache| cache.cached(&key)) {
        return Some(texture);
    }
    let (receiver, is_first) = cache.with_borrow_mut(|cache| cache.wait(key.clone()));
    if is_first {
        // Not part of the caller's future: whoever else waits gets the texture even when this caller goes away.
        glib::spawn_future_local(async move {
            // A decoder that panics has been given something that is no picture.
            let texture = gio::spawn_blocking(decode).await.ok().flatten();
            let waiting = cache.with_borrow_mut(|cache| cache.put(key, texture.as_ref()));
            for sender in waiting {
                let _ = sender.send(texture.clone());
            }
        });
    }
    receiver.await.ok().flatten()
}

/// Pixels as a texture: red, green, blue, opacity.
pub fn texture(width: u32, height: u32, pixels: Vec<u8>) -> Option<gdk::Texture> {
    let stride = width as usize * 4;
    let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
    let bytes = glib::Bytes::from_owned(pixels);
    Some(gdk::MemoryTexture::new(width, height, gdk::MemoryFormat::R8g8b8a8, &bytes, stride).upcast())
}
