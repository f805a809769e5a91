//! Text as it is compared: for searching and for sorting, never for showing.

use glib::NormalizeMode;

/// Lower case, compatibility forms decomposed, diacritics removed: "Ångström" is found by "angst".
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed = glib::normalize(glib::casefold(text), NormalizeMode::All);
    decomposed.chars().filter(|c| !is_combining(*c)).collect()
}

/// The blocks of combining diacritical marks; vowel signs of scripts that need them stay.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_and_diacritics_do_not_matter() {
        for (text, folded) in [("Bob", "bob"), ("Ångström", "angstrom"), ("STRASSE", "strasse"), ("Straße", "strasse")]
        {
            assert_eq!(fold(text), folded);
        }
    }
}
