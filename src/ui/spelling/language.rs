//! The languages that there are dictionaries for, and which of them is the desktop's. Pure.

/// A dictionary that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// As dictionaries name it: `en_US`.
    pub code: String,
    /// As people do, in the desktop's language.
    pub name: String,
}

/// The first that fits one of the desktop's languages, the most wanted first (`de_AT.UTF-8`, `de_AT`, `de`, `C`). A language
/// fits with another country when there is none with its own.
#[must_use]
pub fn of_desktop<'l>(languages: &'l [Language], wanted: &[impl AsRef<str>]) -> Option<&'l Language> {
    let wanted =
        wanted.iter().map(AsRef::as_ref).filter(|name| !name.contains('.') && *name != "C" && *name != "POSIX");
    wanted.clone().find_map(|name| languages.iter().find(|language| is_same(&language.code, name))).or_else(|| {
        wanted.clone().find_map(|name| languages.iter().find(|language| is_same(base(&language.code), base(name))))
    })
}

/// Dictionaries are not of one mind about what stands between language and country.
fn is_same(code: &str, name: &str) -> bool {
    code.replace('-', "_").eq_ignore_ascii_case(name)
}

fn base(code: &str) -> &str {
    code.split(['_', '-', '@']).next().unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktop_s_language_is_found_or_none() {
        let languages = ["de_BE", "de_DE", "en-GB", "en_US", "pt_BR"]
            .map(|code| Language { code: code.to_owned(), name: String::new() });
        for (wanted, found) in [
            (&["de_DE.UTF-8", "de_DE", "de.UTF-8", "de", "C"][..], Some("de_DE")),
            (&["en_GB", "en", "C"], Some("en-GB")),
            (&["de_AT", "de"], Some("de_BE")),
            (&["pt_PT", "pt"], Some("pt_BR")),
            (&["fi_FI", "fi", "en_US", "C"], Some("en_US")),
            (&["fi_FI", "fi", "C"], None),
            (&["d", "C.UTF-8", "C"], None),
            (&[], None),
        ] {
            let language = of_desktop(&languages, wanted);
            assert_eq!(language.map(|language| &language.code[..]), found, "{wanted:?}");
        }
    }
}
