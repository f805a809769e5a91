//! The word that the context menu is about, and what can be done with it.

use std::rc::Rc;

use gtk::prelude::*;

use super::spell_check::State;

impl State {
    /// The text is another; what the menu was about may have gone.
    pub(super) fn aim_at_nothing(&self) {
        self.aimed.set(None);
        if self.target.take().is_some() {
            self.menu.clear_word();
        }
    }

    pub(super) fn aim_at_point(self: &Rc<Self>, x: f64, y: f64) {
        let Some(view) = self.view.upgrade() else { return };
        #[expect(clippy::cast_possible_truncation, reason = "pixels")]
        let (x, y) = view.window_to_buffer_coords(gtk::TextWindowType::Widget, x as i32, y as i32);
        if let Some(at) = view.iter_at_location(x, y) {
            self.aim(&at);
        } else {
            // Beside the text.
            self.aim_at_nothing();
            self.languages();
        }
    }

    pub(super) fn aim_at_cursor(self: &Rc<Self>) {
        if let Some(buffer) = self.buffer() {
            self.aim(&buffer.iter_at_mark(&buffer.get_insert()));
        }
    }

    /// The menu is about what stands here.
    pub(super) fn aim(self: &Rc<Self>, at: &gtk::TextIter) {
        self.aimed.set(Some(at.offset()));
        let target = if self.is_enabled.get() { self.underline.word_at(at) } else { None };
        self.target.replace(target);
        self.show_target();
        if self.is_enabled.get() {
            self.languages();
        }
        let target = self.target.borrow().as_ref().map(|(_, word)| word.clone());
        if let Some(word) = target.filter(|word| self.known.borrow().corrections(word).is_none()) {
            self.ask_corrections(word);
        }
    }

    pub(super) fn show_target(&self) {
        match &*self.target.borrow() {
            Some((_, word)) => self.menu.show_word(self.known.borrow().corrections(word)),
            None => self.menu.clear_word(),
        }
    }

    /// Puts another word in place of that which the menu is about; one step for undoing.
    pub(super) fn correct(&self, correction: &str) {
        let (Some(buffer), Some((range, word))) = (self.buffer(), self.target.take()) else { return };
        let (mut start, mut end) = (buffer.iter_at_offset(range.start), buffer.iter_at_offset(range.end));
        // Something else may stand there by now.
        if buffer.text(&start, &end, true) != word {
            return;
        }
        buffer.begin_user_action();
        buffer.delete(&mut start, &mut end);
        buffer.insert(&mut start, correction);
        buffer.end_user_action();
    }

    /// Takes the word that the menu is about for right.
    pub(super) fn accept(self: &Rc<Self>, is_kept: bool) {
        let Some((_, word)) = self.target.take() else { return };
        let language = self.known.borrow().language().to_owned();
        self.speller().accept(language, word.clone(), is_kept);
        self.known.borrow_mut().accept(&word);
        self.look();
    }
}
