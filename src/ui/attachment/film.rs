//! A film in its bubble: in its shape before it is there, then with a button in its middle, then playing where it stands.

use std::path::PathBuf;

use gtk::{prelude::*, subclass::prelude::*};

use super::{picture_cache, view::AttachmentView, words};
use crate::{
    engine::api::{Attachment, AttachmentKind},
    ui::media::{clock, playback::playback},
};

impl AttachmentView {
    /// Whether a file is shown as a film: it is one, as far as anybody knows.
    pub(in crate::ui) fn is_film(file: &Attachment) -> bool {
        file.kind == AttachmentKind::Video && file.path.as_ref().is_none_or(|path| !playback().state(path).has_failed)
    }

    pub(super) fn show_film(&self, file: &Attachment, far: Option<String>) {
        let imp = self.imp();
        imp.picture.set_dimensions(file.dimensions);
        imp.picture.set_whole(true);
        imp.picture.set_cursor_from_name(file.path.is_some().then_some("pointer"));
        let size = file.size.map(words::size).filter(|_| file.path.is_none());
        let known = [file.length.map(clock::length), size].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let note = far.unwrap_or(known);
        imp.picture_note.set_visible(!note.is_empty());
        imp.picture_note.set_label(&note);
        let is_other = *imp.shown.borrow() != file.path || *imp.placeholder.borrow() != file.thumbhash;
        if is_other {
            imp.shown.replace(file.path.clone());
            imp.placeholder.replace(file.thumbhash.clone());
            // Nothing is decoded before somebody plays it.
            imp.picture.set_placeholder(file.thumbhash.as_deref().and_then(picture_cache::placeholder));
        }
        self.update_film();
    }

    /// What plays has changed.
    pub(super) fn update_film(&self) {
        let imp = self.imp();
        let Some(controls) = imp.controls.try_get() else { return };
        let state = imp.state.borrow().clone();
        let Some((file, transfer)) = state.filter(|(file, _)| file.kind == AttachmentKind::Video) else {
            controls.set_visible(false);
            self.remove_css_class("playing");
            return self.follow(false);
        };
        if imp.frame.get_visible() != Self::is_film(&file) {
            // It can't be played, or is to be tried again.
            return self.set_attachment(&file, transfer);
        }
        let is_current = file.path.as_ref().is_some_and(|path| playback().state(path).is_current);
        imp.picture_button.set_visible(!is_current);
        if is_current {
            imp.picture_note.set_visible(false);
        }
        if !is_current || !controls.get_visible() {
            controls.set_film(file.path.as_deref(), file.length);
        }
        controls.set_visible(is_current);
        // The time stands where they do.
        if is_current {
            self.add_css_class("playing");
        } else {
            self.remove_css_class("playing");
        }
        self.follow(is_current);
    }

    /// Plays the film, or lets it stand still.
    pub fn toggle_film(&self) {
        if let Some(path) = self.film_path() {
            playback().toggle_film(&path);
        }
    }

    /// Out of sight it stands still.
    pub(super) fn let_film_stand(&self) {
        if let Some(path) = self.film_path().filter(|path| playback().state(path).is_playing) {
            log::debug!("{} is out of sight", path.display());
            playback().pause();
        }
    }

    fn film_path(&self) -> Option<PathBuf> {
        let state = self.imp().state.borrow();
        let (file, _) = state.as_ref().filter(|(file, _)| file.kind == AttachmentKind::Video)?;
        file.path.clone()
    }

    /// Shows each frame, or no more of them.
    fn follow(&self, is_current: bool) {
        let imp = self.imp();
        let is_following = imp.frames.borrow().is_some();
        if is_current && !is_following {
            let weak = self.downgrade();
            let handler = playback().connect_frame(move |playback| {
                if let Some(view) = weak.upgrade() {
                    view.imp().picture.set_texture(playback.frame());
                }
            });
            imp.frames.replace(Some(handler));
        } else if !is_current && let Some(handler) = imp.frames.take() {
            playback().disconnect(handler);
        }
    }
}
