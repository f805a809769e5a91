//! What the context menu has for a wrong word, and the languages to choose from.
//!
//! Knows the names of the actions, not what they do.

use gettextrs::gettext;
use gtk::{gio, prelude::*};

use super::language::Language;

/// The parts of the menu that change.
#[derive(Debug)]
pub struct SpellingMenu {
    /// For the word that the menu is about.
    word: gio::Menu,
    /// What stands there anyway, and the languages below it.
    others: gio::Menu,
    count: i32,
}

impl SpellingMenu {
    /// With what stands there anyway.
    #[must_use]
    pub fn new(others: &gio::Menu) -> Self {
        Self { word: gio::Menu::new(), others: others.clone(), count: others.n_items() }
    }

    /// All of it.
    #[must_use]
    pub fn model(&self) -> gio::Menu {
        let all = gio::Menu::new();
        all.append_section(None, &self.word);
        all.append_section(None, &self.others);
        all
    }

    pub fn clear_word(&self) {
        self.word.remove_all();
    }

    /// For a wrong word; `corrections` as soon as they are known.
    pub fn show_word(&self, corrections: Option<&[String]>) {
        self.clear_word();
        for correction in corrections.unwrap_or_default() {
            // An underscore would be a mnemonic.
            let item = gio::MenuItem::new(Some(&correction.replace('_', "__")), None);
            item.set_action_and_target_value(Some("spelling.correct"), Some(&correction.to_variant()));
            self.word.append_item(&item);
        }
        if corrections.is_some_and(<[_]>::is_empty) {
            self.word.append(Some(&gettext("No suggestions")), Some("spelling.nothing"));
        }
        self.word.append(Some(&gettext("Add to dictionary")), Some("spelling.keep"));
        self.word.append(Some(&gettext("Ignore")), Some("spelling.ignore"));
    }

    pub fn clear_languages(&self) {
        while self.others.n_items() > self.count {
            self.others.remove(self.count);
        }
    }

    /// Offers the languages, and that of the desktop before them. `chosen` may be one that is not there.
    pub fn show_languages(&self, languages: &[Language], desktop: Option<&Language>, chosen: Option<&str>) {
        self.clear_languages();
        let all = gio::Menu::new();
        if languages.is_empty() {
            all.append(Some(&gettext("No dictionary is installed")), Some("spelling.nothing"));
        } else {
            let choice = |label: &str, code: &str| {
                let item = gio::MenuItem::new(Some(&label.replace('_', "__")), None);
                item.set_action_and_target_value(Some("spelling.language"), Some(&code.to_variant()));
                item
            };
            let of_desktop = match desktop {
                Some(language) => gettext("Default: {language}").replace("{language}", &language.name),
                None => gettext("Default: no dictionary"),
            };
            let default = gio::Menu::new();
            default.append_item(&choice(&of_desktop, ""));
            all.append_section(None, &default);
            let installed = gio::Menu::new();
            for language in languages {
                installed.append_item(&choice(&language.name, &language.code));
            }
            if let Some(missing) = chosen.filter(|code| languages.iter().all(|language| language.code != *code)) {
                let label = gettext("{language} (no dictionary)").replace("{language}", missing);
                installed.append_item(&choice(&label, missing));
            }
            all.append_section(None, &installed);
        }
        self.others.append_submenu(Some(&gettext("Spelling language")), &all);
    }
}
