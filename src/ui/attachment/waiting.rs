//! A file that waits to be sent: what it is, what it looks like and how long it lasts, as far as that can be told here.

use std::path::PathBuf;

use gettextrs::gettext;
use gtk::{gdk, gio, glib, prelude::*};

use super::picture_cache;
use crate::{
    engine::{
        api::{AttachmentKind, MediaFacts, NewFile},
        file::media,
    },
    ui::media::{
        film::{self, Film},
        listen::listen,
        recorder::Recorded,
    },
};

/// In the window's pixels.
const THUMBNAIL: u32 = 56;
/// The length of sound is found out up to this size, in bytes.
const MAX_LISTENED: u64 = 8 * 1024 * 1024;

/// A file that waits to be sent.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub file: NewFile,
    pub name: String,
    pub size: u64,
    pub texture: Option<gdk::Texture>,
    /// It is a voice message of one's own; its file goes when it is sent or thrown away.
    pub voice: Option<Recorded>,
}

impl Waiting {
    /// A voice message.
    pub async fn recorded(voice: Recorded) -> Self {
        let path = voice.path.clone();
        let size = gio::spawn_blocking(move || std::fs::metadata(path).map_or(0, |data| data.len())).await;
        let about = MediaFacts { length: Some(voice.length), ..MediaFacts::default() };
        Self {
            file: NewFile::Media { path: voice.path.clone(), about },
            name: gettext("Voice message"),
            size: size.unwrap_or(0),
            texture: None,
            voice: Some(voice),
        }
    }
}

/// What a file of this computer is; `None` for what can't be sent.
pub async fn look(file: &gio::File) -> Option<Waiting> {
    let path: PathBuf = file.path()?;
    let wanted = "standard::size,standard::type,standard::display-name";
    let info = file.query_info_future(wanted, gio::FileQueryInfoFlags::NONE, glib::Priority::DEFAULT).await.ok()?;
    if info.file_type() != gio::FileType::Regular {
        return None;
    }
    let size = u64::try_from(info.size()).unwrap_or(0);
    let texture = picture_cache::load(&path, 2 * THUMBNAIL).await;
    let kind = AttachmentKind::of(media::by_name(&info.display_name()));
    if kind == AttachmentKind::Video
        && let Some(film) = film::look(&path).await
    {
        return Some(film_to_send(&film, path, info.display_name().into(), size));
    }
    let is_sound = kind == AttachmentKind::Audio;
    // What is larger is no voice message, and reading through it would keep one waiting.
    let sound = if is_sound && size <= MAX_LISTENED { listen(&path).await } else { None };
    let file = match sound {
        Some(sound) => {
            NewFile::Media { path, about: MediaFacts { length: Some(sound.length), ..MediaFacts::default() } }
        }
        None => NewFile::Path(path),
    };
    Some(Waiting { file, name: info.display_name().into(), size, texture, voice: None })
}

fn film_to_send(film: &Film, path: PathBuf, name: String, size: u64) -> Waiting {
    let thumbhash = film.picture().as_ref().map(media::thumbhash);
    let about = MediaFacts { length: film.length, dimensions: Some(film.dimensions), thumbhash };
    Waiting { file: NewFile::Media { path, about }, name, size, texture: Some(film.frame.texture()), voice: None }
}
