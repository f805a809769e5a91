//! Pictures in messages as textures: decoded off the main thread under limits, once for each file and size, shared by all who
//! show it.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use gtk::{gdk, prelude::*};

use crate::{
    engine::file::media,
    ui::texture_cache::{self, TextureCache, texture},
};

/// How many bytes of textures are kept when nobody shows them any more: some screens full.
const KEPT: usize = 96 * 1024 * 1024;

thread_local! {
    /// By file and longest side in pixels.
    static CACHE: RefCell<TextureCache<(PathBuf, u32)>> = RefCell::new(TextureCache::new(KEPT, bytes));
}

/// The texture, if it is there already.
#[must_use]
pub fn cached(path: &Path, pixels: u32) -> Option<gdk::Texture> {
    CACHE.with_borrow(|cache| cache.cached(&(path.to_owned(), pixels)))
}

/// The picture in `path`, upright, no longer than so many pixels on a side. `None` when it can't be read.
pub async fn load(path: &Path, pixels: u32) -> Option<gdk::Texture> {
    let path = path.to_owned();
    texture_cache::load(&CACHE, (path.clone(), pixels), move || decode(&path, pixels)).await
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
