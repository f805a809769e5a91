//! Pictures of people as textures: decoded off the main thread, once for each picture and size, shared by all who show it.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use gtk::gdk;

use super::texture_cache::{self, TextureCache, texture};

/// How many textures are kept when nobody shows them any more: a list's worth.
const KEPT: usize = 160;

thread_local! {
    /// By picture and edge length in pixels.
    static CACHE: RefCell<TextureCache<(String, u32)>> = RefCell::new(TextureCache::new(KEPT, |_| 1));
}

/// The texture, if it is there already.
#[must_use]
pub fn cached(hash: &str, pixels: u32) -> Option<gdk::Texture> {
    CACHE.with_borrow(|cache| cache.cached(&(hash.to_owned(), pixels)))
}

/// The picture in `path`, scaled so that it fits a square of so many pixels. `None` when it can't be read.
pub async fn load(hash: &str, path: &Path, pixels: u32) -> Option<gdk::Texture> {
    let path = path.to_owned();
    texture_cache::load(&CACHE, (hash.to_owned(), pixels), move || decode(&path, pixels)).await
}

fn decode(path: &PathBuf, pixels: u32) -> Option<gdk::Texture> {
    let picture = image::open(path).inspect_err(|error| log::warn!("{}: {error}", path.display())).ok()?;
    let picture =
        if picture.width().max(picture.height()) > pixels { picture.thumbnail(pixels, pixels) } else { picture };
    let picture = picture.into_rgba8();
    texture(picture.width(), picture.height(), picture.into_raw())
}
