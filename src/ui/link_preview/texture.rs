//! Small pictures out of messages as textures: decoded off the main thread, and kept for a while.

use std::{cell::RefCell, collections::VecDeque};

use gtk::{gdk, gio};

use crate::{engine::link_preview::picture, ui::texture_cache};

/// So many are kept: some screens full.
const KEPT: usize = 64;

thread_local! {
    /// The newest last.
    static CACHE: RefCell<VecDeque<(Vec<u8>, gdk::Texture)>> = RefCell::default();
}

/// The texture, if it is there already.
#[must_use]
pub fn cached(bytes: &[u8]) -> Option<gdk::Texture> {
    CACHE.with_borrow(|cache| cache.iter().find(|(known, _)| known == bytes).map(|(_, texture)| texture.clone()))
}

/// The picture as a texture; `None` where it is none.
pub async fn load(bytes: Vec<u8>) -> Option<gdk::Texture> {
    let encoded = bytes.clone();
    // A decoder that panics has been given something that is no picture.
    let pixels = gio::spawn_blocking(move || picture::pixels(&encoded).map(image::DynamicImage::into_rgba8));
    let pixels = pixels.await.ok().flatten()?;
    let texture = texture_cache::texture(pixels.width(), pixels.height(), pixels.into_raw())?;
    CACHE.with_borrow_mut(|cache| {
        cache.push_back((bytes, texture.clone()));
        if cache.len() > KEPT {
            cache.pop_front();
        }
    });
    Some(texture)
}
