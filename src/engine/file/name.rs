//! What a file may be called, whoever named it (CVE-2021-33896, Gajim 2.4.6).
//!
//! Pure.

/// In bytes, as file systems count.
const MAX_LENGTH: usize = 120;
/// So much of the end of a long name stays: its extension.
const MAX_EXTENSION: usize = 16;
const NAMELESS: &str = "file";

/// The last part of a name, without what leads elsewhere, hides it or disguises it.
#[must_use]
pub fn sanitise(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String =
        last.chars().filter(|c| !is_treacherous(*c)).map(|c| if is_reserved(c) { '_' } else { c }).collect();
    let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.').trim_start_matches('~');
    let clean = shorten(clean);
    if clean.is_empty() { NAMELESS.to_owned() } else { clean }
}

/// What an address calls the file.
#[must_use]
pub fn of_url(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    // Without a path it is only a host.
    let last = path.split_once('/').and_then(|(_, path)| path.rsplit('/').next()).unwrap_or_default();
    // Decoded first: what comes out of it may be a path again.
    sanitise(&decode(last))
}

/// Control characters, and what changes the direction of writing or is not seen.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What other systems do not take, and a shell takes for more than it is.
fn is_reserved(c: char) -> bool {
    matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_LENGTH {
        return name.to_owned();
    }
    let extension = match name.rfind('.') {
        Some(dot) if name.len() - dot <= MAX_EXTENSION => &name[dot..],
        _ => "",
    };
    let mut end = MAX_LENGTH - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", name[..end].trim_end())
}

/// Percent-encoding (RFC 3986 §2.1); what makes no sense stays.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|code| std::str::from_utf8(code).ok());
        if let Some(code) = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| byte == b'%') {
            decoded.push(code);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_hides_nothing() {
        for (name, expected) in [
            ("a.jpg", "a.jpg"),
            ("très cool.jpg", "très cool.jpg"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("C:\\Windows\\x.exe", "x.exe"),
            (".bashrc", "bashrc"),
            ("...", "file"),
            ("", "file"),
            ("/", "file"),
            (" . a . ", "a"),
            ("~root", "root"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("a\u{0}b\n\u{200b}c.png", "abc.png"),
            ("a:b?.png", "a_b_.png"),
            ("照片.png", "照片.png"),
        ] {
            assert_eq!(sanitise(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = sanitise(&format!("{}.jpeg", "ä".repeat(300)));
        assert!(name.len() <= MAX_LENGTH && name.ends_with("ä.jpeg"), "{name}");
        let name = sanitise(&format!("a.{}", "b".repeat(300)));
        assert_eq!(name.len(), MAX_LENGTH);
    }

    #[test]
    fn an_address_names_its_file_after_decoding() {
        for (url, expected) in [
            ("https://a.example/x/tr%C3%A8s%20cool.jpg?v=1#y", "très cool.jpg"),
            ("https://a.example/%2e%2e%2fetc%2fpasswd", "passwd"),
            ("https://a.example/%2Ebashrc", "bashrc"),
            ("https://a.example/a%zz%", "a%zz%"),
            ("https://a.example/%ff", "\u{fffd}"),
            ("https://a.example/", "file"),
            ("https://a.example", "file"),
        ] {
            assert_eq!(of_url(url), expected, "{url}");
        }
    }
}
