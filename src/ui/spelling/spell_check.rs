//! Underlines the words of a text view that no dictionary knows, while one writes.
//!
//! Knows a text view and a speller, and nothing of what becomes of the text. Nothing is asked while the field is empty, and
//! nothing is done before a frame that waits to be drawn.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
    rc::Rc,
    time::Duration,
};

use gtk::{gdk, gio, glib, prelude::*};

use super::{
    known::Known,
    language::{self, Language},
    menu::SpellingMenu,
    speller::Speller,
    underline::Underline,
    words,
};
use crate::ui::styled_input;

/// Longer texts are left alone: they are pasted, not written.
const MAX_CHARS: i32 = 20_000;
/// How long after the last key the word at the cursor counts as written.
const PAUSE: Duration = Duration::from_secs(1);
/// When so few words turn out wrong at once, one is writing, and may want their corrections next.
const FEW: usize = 3;

/// The spell check of one text view.
#[derive(Debug, Clone)]
pub struct SpellCheck(Rc<State>);

pub(super) struct State {
    pub(super) view: glib::WeakRef<gtk::TextView>,
    pub(super) underline: Underline,
    pub(super) menu: SpellingMenu,
    actions: gio::SimpleActionGroup,
    language: gio::SimpleAction,
    speller: RefCell<Option<Speller>>,
    pub(super) is_enabled: Cell<bool>,
    /// What the person has chosen; else it is the desktop's.
    chosen: RefCell<Option<String>>,
    /// Words that are somebody's name.
    names: RefCell<Vec<String>>,
    /// As soon as they are known.
    languages: RefCell<Option<Rc<[Language]>>>,
    is_asking_languages: Cell<bool>,
    pub(super) known: RefCell<Known>,
    /// The word at the cursor is not finished.
    is_writing: Cell<bool>,
    /// What the menu is about, in characters.
    pub(super) aimed: Cell<Option<i32>>,
    /// The wrong word there.
    pub(super) target: RefCell<Option<(Range<i32>, String)>>,
    look: RefCell<Option<glib::SourceId>>,
    pause: RefCell<Option<glib::SourceId>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpellCheck").field("chosen", &self.chosen).finish_non_exhaustive()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for source in [self.look.take(), self.pause.take()].into_iter().flatten() {
            source.remove();
        }
    }
}

impl SpellCheck {
    /// Off at first. The view's context menu has `others` and what is to be said of spelling. `choose` is told which language
    /// the person wants; none is the desktop's.
    #[must_use]
    pub fn new(view: &gtk::TextView, others: &gio::Menu, choose: impl Fn(Option<&str>) + 'static) -> Self {
        let state = Rc::new(State {
            view: view.downgrade(),
            underline: Underline::new(&view.buffer()),
            menu: SpellingMenu::new(others),
            actions: gio::SimpleActionGroup::new(),
            language: gio::SimpleAction::new_stateful("language", Some(glib::VariantTy::STRING), &"".to_variant()),
            speller: RefCell::default(),
            is_enabled: Cell::default(),
            chosen: RefCell::default(),
            names: RefCell::default(),
            languages: RefCell::default(),
            is_asking_languages: Cell::default(),
            known: RefCell::default(),
            is_writing: Cell::default(),
            aimed: Cell::default(),
            target: RefCell::default(),
            look: RefCell::default(),
            pause: RefCell::default(),
        });
        state.add_actions(choose);
        state.follow(view);
        Self(state)
    }

    /// Asks another speller from now on than that of the process.
    pub fn set_speller(&self, speller: Speller) {
        let state = &self.0;
        state.speller.replace(Some(speller));
        state.languages.replace(None);
        state.known.take();
        state.look_soon();
    }

    pub fn set_enabled(&self, is_enabled: bool) {
        if self.0.is_enabled.replace(is_enabled) != is_enabled {
            self.0.show_languages();
            self.0.look_soon();
        }
    }

    /// In which language one writes (none: the desktop's), and to whom.
    pub fn set_subject(&self, language: Option<&str>, name: &str) {
        let state = &self.0;
        let names = name.split(|c: char| !c.is_alphabetic()).filter(|name| !name.is_empty());
        let names = names.map(ToOwned::to_owned).collect();
        let is_same_name = state.names.replace(names) == *state.names.borrow();
        if state.chosen.borrow().as_deref() != language {
            state.chosen.replace(language.map(ToOwned::to_owned));
            state.language.set_state(&language.unwrap_or_default().to_variant());
            state.show_languages();
        } else if is_same_name {
            return;
        }
        state.look_soon();
    }

    /// All that stands in the field is written.
    pub fn finish(&self) {
        self.0.finish();
    }
}

impl State {
    fn add_actions(self: &Rc<Self>, choose: impl Fn(Option<&str>) + 'static) {
        let add = |name: &str, parameter: Option<&glib::VariantTy>, act: fn(&Rc<Self>, Option<&str>)| {
            let action = gio::SimpleAction::new(name, parameter);
            let weak = Rc::downgrade(self);
            action.connect_activate(move |_, parameter| {
                if let Some(state) = weak.upgrade() {
                    act(&state, parameter.and_then(glib::Variant::str));
                }
            });
            self.actions.add_action(&action);
            action
        };
        add("correct", Some(glib::VariantTy::STRING), |state, word| state.correct(word.unwrap_or_default()));
        add("keep", None, |state, _| state.accept(true));
        add("ignore", None, |state, _| state.accept(false));
        add("nothing", None, |_, _| ()).set_enabled(false);
        self.language.connect_change_state(move |_, code| {
            choose(code.and_then(glib::Variant::str).filter(|code| !code.is_empty()));
        });
        self.actions.add_action(&self.language);
    }

    fn follow(self: &Rc<Self>, view: &gtk::TextView) {
        view.set_extra_menu(Some(&self.menu.model()));
        view.insert_action_group("spelling", Some(&self.actions));
        let buffer = view.buffer();
        let weak = Rc::downgrade(self);
        buffer.connect_changed(move |_| {
            if let Some(state) = weak.upgrade() {
                state.text_changed();
            }
        });
        let weak = Rc::downgrade(self);
        buffer.connect_cursor_position_notify(move |_| {
            if let Some(state) = weak.upgrade().filter(|state| state.is_writing.get()) {
                state.look_soon();
            }
        });
        let weak = Rc::downgrade(self);
        adw::StyleManager::default().connect_dark_notify(move |_| {
            if let Some(state) = weak.upgrade() {
                state.underline.update_colour();
            }
        });
        let click = gtk::GestureClick::builder()
            .button(gdk::BUTTON_SECONDARY)
            .propagation_phase(gtk::PropagationPhase::Capture)
            .build();
        let weak = Rc::downgrade(self);
        click.connect_pressed(move |_, _, x, y| {
            if let Some(state) = weak.upgrade() {
                state.aim_at_point(x, y);
            }
        });
        view.add_controller(click);
        let keys = gtk::EventControllerKey::builder().propagation_phase(gtk::PropagationPhase::Capture).build();
        let weak = Rc::downgrade(self);
        keys.connect_key_pressed(move |_, key, _, modifiers| {
            let is_menu =
                key == gdk::Key::Menu || (key == gdk::Key::F10 && modifiers.contains(gdk::ModifierType::SHIFT_MASK));
            if let Some(state) = weak.upgrade().filter(|_| is_menu) {
                state.finish();
                state.aim_at_cursor();
            }
            glib::Propagation::Proceed
        });
        view.add_controller(keys);
    }

    pub(super) fn buffer(&self) -> Option<gtk::TextBuffer> {
        self.view.upgrade().map(|view| view.buffer())
    }

    /// The way to the dictionaries; the first time it is needed, they begin to be loaded.
    pub(super) fn speller(&self) -> Speller {
        self.speller.borrow_mut().get_or_insert_with(Speller::shared).clone()
    }

    fn text_changed(self: &Rc<Self>) {
        self.aim_at_nothing();
        self.is_writing.set(true);
        self.look_soon();
        let weak = Rc::downgrade(self);
        let pause = glib::timeout_add_local_once(PAUSE, move || {
            if let Some(state) = weak.upgrade() {
                state.pause.take();
                state.finish();
            }
        });
        if let Some(old) = self.pause.replace(Some(pause)) {
            old.remove();
        }
    }

    /// The word at the cursor is written.
    pub(super) fn finish(self: &Rc<Self>) {
        self.is_writing.set(false);
        self.look_soon();
    }

    fn look_soon(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        self.look.borrow_mut().get_or_insert_with(|| {
            glib::idle_add_local_full(glib::Priority::LOW, move || {
                if let Some(state) = weak.upgrade() {
                    state.look.take();
                    state.look();
                }
                glib::ControlFlow::Break
            })
        });
    }

    /// Underlines what is known to be wrong, and asks about what is not known.
    pub(super) fn look(self: &Rc<Self>) {
        let Some(buffer) = self.buffer() else { return };
        let wrong = self.wrong_words(&buffer).unwrap_or_default();
        self.underline.show(&buffer, &wrong);
        // The word may turn out wrong while its menu is open.
        if let Some(at) = self.aimed.get().filter(|_| self.target.borrow().is_none()) {
            self.aim(&buffer.iter_at_offset(at));
        }
    }

    /// In characters.
    fn wrong_words(self: &Rc<Self>, buffer: &gtk::TextBuffer) -> Option<Vec<Range<i32>>> {
        if !self.is_enabled.get() || buffer.char_count() > MAX_CHARS {
            return None;
        }
        let (start, end) = buffer.bounds();
        let text = buffer.text(&start, &end, true);
        let words = words::find(&text);
        // Before anything is written, no dictionary is touched.
        if words.is_empty() {
            return None;
        }
        let language = self.code()?;
        let mut known = self.known.borrow_mut();
        known.speak(&language);
        let offsets = styled_input::offsets(&text);
        let cursor = buffer.cursor_position();
        let names = self.names.borrow();
        let mut wrong = Vec::new();
        let mut unknown = Vec::new();
        for word in words {
            let range = offsets[word.start]..offsets[word.end];
            let word = &text[word];
            if self.is_writing.get() && range.start <= cursor && cursor <= range.end || is_name(word, &names) {
                continue;
            }
            match known.is_wrong(word) {
                Some(true) => wrong.push(range),
                Some(false) => {}
                None => unknown.push(word),
            }
        }
        let unknown = known.ask_for(unknown);
        drop(known);
        if !unknown.is_empty() {
            self.ask(language, unknown);
        }
        Some(wrong)
    }

    fn ask(self: &Rc<Self>, language: String, words: Vec<String>) {
        let speller = self.speller();
        let weak = Rc::downgrade(self);
        glib::spawn_future_local(async move {
            let wrong = speller.check(language.clone(), words.clone()).await;
            let Some(state) = weak.upgrade() else { return };
            if !state.known.borrow_mut().keep(&language, words, &wrong) {
                return;
            }
            state.look();
            if wrong.len() <= FEW {
                for word in wrong {
                    state.ask_corrections(word);
                }
            }
        });
    }

    pub(super) fn ask_corrections(self: &Rc<Self>, word: String) {
        let speller = self.speller();
        let language = self.known.borrow().language().to_owned();
        let weak = Rc::downgrade(self);
        glib::spawn_future_local(async move {
            let corrections = speller.correct(language.clone(), word.clone()).await;
            let Some(state) = weak.upgrade() else { return };
            state.known.borrow_mut().keep_corrections(&language, word.clone(), corrections);
            if state.target.borrow().as_ref().is_some_and(|(_, target)| *target == word) {
                state.show_target();
            }
        });
    }

    /// The dictionary that is asked; nothing where there is none, or it is not known yet which there are.
    fn code(self: &Rc<Self>) -> Option<String> {
        let languages = self.languages()?;
        match &*self.chosen.borrow() {
            Some(chosen) => languages.iter().find(|language| language.code == *chosen),
            None => language::of_desktop(&languages, &glib::language_names()),
        }
        .map(|language| language.code.clone())
    }

    /// The languages there are; asks for them if need be.
    pub(super) fn languages(self: &Rc<Self>) -> Option<Rc<[Language]>> {
        let languages = self.languages.borrow().clone();
        if languages.is_none() && !self.is_asking_languages.replace(true) {
            let speller = self.speller();
            let weak = Rc::downgrade(self);
            glib::spawn_future_local(async move {
                let languages = speller.languages().await;
                let Some(state) = weak.upgrade() else { return };
                state.is_asking_languages.set(false);
                state.languages.replace(Some(languages.into()));
                state.show_languages();
                state.look();
            });
        }
        languages
    }

    fn show_languages(&self) {
        let languages = self.languages.borrow();
        match languages.as_deref().filter(|_| self.is_enabled.get()) {
            Some(languages) => {
                let desktop = language::of_desktop(languages, &glib::language_names());
                self.menu.show_languages(languages, desktop, self.chosen.borrow().as_deref());
            }
            None => self.menu.clear_languages(),
        }
    }
}

/// Whether it is one of the names, also in the genitive.
fn is_name(word: &str, names: &[String]) -> bool {
    let base = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    names.iter().any(|name| [base, word].iter().any(|word| name.eq_ignore_ascii_case(word)))
}
