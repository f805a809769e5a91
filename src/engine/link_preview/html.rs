//! What the head of a web page says: its title and its `meta` elements. Nothing is run, and nothing is built of the page.
//!
//! Pure. A page is hostile: each byte is looked at once or twice, what never ends is left alone, and what can't be read says
//! nothing. Far less than HTML's own rules (<https://html.spec.whatwg.org/#parsing>), but as much as a head needs.

/// So many `meta` elements are looked at.
const MAX_METAS: usize = 300;
/// So many attributes of an element are looked at.
const MAX_ATTRIBUTES: usize = 24;
/// The longest text that is taken, in bytes.
const MAX_TEXT: usize = 4_096;
/// In the first bytes a page may say how it is written (<https://html.spec.whatwg.org/#charset>).
const DECLARED_WITHIN: usize = 1_024;

/// What is in such an element is no text of the page, and what looks like an element in it is none.
const RAW: [&str; 8] = ["script", "style", "noscript", "template", "textarea", "iframe", "noframes", "xmp"];

const ENTITIES: [(&str, char); 36] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("middot", '·'),
    ("bull", '•'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("euro", '€'),
    ("deg", '°'),
    ("times", '×'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
];

/// The codes of windows-1252 between 0x80 and 0x9f (<https://encoding.spec.whatwg.org/#windows-1252>).
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A page's head; texts as they are meant, with all their white space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub title: String,
    /// `property` or `name` in lower case, and `content`.
    metas: Vec<(String, String)>,
}

impl Head {
    /// What is said under the first of these names that says anything.
    #[must_use]
    pub fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let said = self.metas.iter().filter(|(known, _)| known == name);
            said.map(|(_, content)| content.trim()).find(|content| !content.is_empty())
        })
    }
}

/// Whether a head ends in here, so that nothing more of the page is needed. `from` is where one has not looked yet.
#[must_use]
pub fn is_whole(page: &[u8], from: usize) -> bool {
    // What was cut in two is found with what came before.
    let rest = page.get(from.saturating_sub(8)..).unwrap_or_default();
    rest.windows(6).any(|part| part.eq_ignore_ascii_case(b"</head") || part[..5].eq_ignore_ascii_case(b"<body"))
}

/// A page as text, by what the server says of it or what it says itself; `None` where that is not known here.
#[must_use]
pub fn decode(page: &[u8], charset: Option<&str>) -> Option<String> {
    let page = page.strip_prefix(b"\xef\xbb\xbf").unwrap_or(page);
    let start = String::from_utf8_lossy(&page[..page.len().min(DECLARED_WITHIN)]);
    let charset = charset.or_else(|| declared(&start)).unwrap_or("utf-8").trim().to_ascii_lowercase();
    match charset.as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Some(String::from_utf8_lossy(page).into_owned()),
        "iso-8859-1" | "iso8859-1" | "latin1" | "windows-1252" | "cp1252" => {
            Some(page.iter().map(|b| latin(*b)).collect())
        }
        _ => str::from_utf8(page).ok().map(str::to_owned),
    }
}

/// `charset=…` in a media type or a `meta` element.
#[must_use]
pub fn declared(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find("charset=")? + "charset=".len();
    let value = text.get(at..)?.trim_start_matches(['"', '\'', ' ']);
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).unwrap_or(value.len());
    Some(&value[..end]).filter(|value| !value.is_empty())
}

fn latin(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Reads a page's head.
#[must_use]
pub fn read(page: &str) -> Head {
    let mut head = Head::default();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            // What never ends is no page (`None` ends the loop).
            let Some(end) = comment.find("-->") else { break };
            rest = &comment[end + 3..];
            continue;
        }
        let is_end = rest.starts_with('/');
        let name_at = usize::from(is_end);
        if !rest[name_at..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        rest = &rest[name_at..];
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        let (attributes, after) = attributes(&rest[end..]);
        rest = after;
        match (name.as_str(), is_end) {
            ("head", true) | ("body", _) => break,
            ("meta", false) if head.metas.len() < MAX_METAS => head.metas.extend(meta(&attributes)),
            ("title", false) => {
                let Some((title, after)) = until_end(rest, "title") else { break };
                if head.title.trim().is_empty() {
                    head.title = unescaped(cut(title));
                }
                rest = after;
            }
            (name, false) if RAW.contains(&name) => {
                let Some((_, after)) = until_end(rest, name) else { break };
                rest = after;
            }
            _ => {}
        }
    }
    head
}

/// What stands before the end tag of this name, and what comes from there on.
fn until_end<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let at = from + at;
        let end = at + 2 + name.len();
        if text.get(at + 2..end).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return Some((&text[..at], &text[end..]));
        }
        from = at + 2;
    }
    None
}

/// The attributes of an element, their names in lower case; and what comes after it.
fn attributes(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        if rest.is_empty() {
            return (found, rest);
        }
        // A stray `=` is part of a name.
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/' | '>');
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(ends).map_or(rest.len(), |end| first + end);
        let name = &rest[..end];
        rest = &rest[end..];
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        let value = match value {
            Some(value) => {
                let (value, after) = value_of(value);
                rest = after;
                value
            }
            None => "",
        };
        if found.len() < MAX_ATTRIBUTES && name.len() <= 32 {
            found.push((name.to_ascii_lowercase(), unescaped(cut(value))));
        }
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len());
    text.split_at(end)
}

fn meta(attributes: &[(String, String)]) -> Option<(String, String)> {
    let of = |name: &str| attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let name = of("property").or_else(|| of("name"))?.trim().to_ascii_lowercase();
    Some((name, of("content")?.clone()))
}

fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    &text[..end]
}

/// With characters in the place of what stands for them.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        match end.and_then(|end| Some((character(&rest[..end])?, end))) {
            Some((c, end)) => {
                plain.push(c);
                rest = &rest[end + 1..];
            }
            None => plain.push('&'),
        }
    }
    plain + rest
}

fn character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_what_it_says_however_it_is_written() {
        let page = r#"<!DOCTYPE html><html><HEAD><title>
            Tea &amp; caf&#233;s &#x2014; a <b>list</b></TITLE >
            <meta property="og:title" content="Tea &quot;now&quot;"/><META NAME=description CONTENT=short>
            <meta content='It&apos;s > that' property='og:description' property=twice>
            <meta name="keywords"><meta name="empty" content=" "><meta property="empty" content="x">
            <!-- <meta property="og:site_name" content="hidden"> -->
            <script>document.write('<meta property="og:site_name" content="run">')</script>
            <svg><title>other</title></svg></head><meta property="og:site_name" content="late">"#;
        let head = read(page);
        assert_eq!(head.title.trim(), "Tea & cafés — a <b>list</b>");
        for (name, content) in [
            ("og:title", Some("Tea \"now\"")),
            ("description", Some("short")),
            ("og:description", Some("It's > that")),
            ("keywords", None),
            ("empty", Some("x")),
            ("og:site_name", None),
        ] {
            assert_eq!(head.meta(&[name]), content, "{name}");
        }
        assert_eq!(head.meta(&["keywords", "description"]), Some("short"));
    }

    #[test]
    fn what_is_broken_or_never_ends_says_what_came_before_it() {
        let good = "<meta name=a content=b>";
        for bad in ["<!-- ", "<script>", "<title>x", "<meta name=c content=\"", "<", "<a", "</", "<meta =", "<x \u{e9}"]
        {
            let head = read(&format!("{good}{bad}{good}"));
            assert_eq!(head.meta(&["a"]), Some("b"), "{bad}");
        }
        assert_eq!(read(""), Head::default());
        assert_eq!(read("a < b <3 &amp"), Head::default());
        assert_eq!(
            unescaped("&;&#;&#xZ;&#1114112;&unknown;&amp &#55296;"),
            "&;&#;&#xZ;&#1114112;&unknown;&amp &#55296;"
        );
    }

    #[test]
    fn a_page_may_be_cut_or_broken_anywhere() {
        let page = "<!--ä--><html é='ü' à=ö ÿ><title>Tëa &auml;&#228;</tïtle></title><meta ñame=x çontent=\"ÿ\"/><script>ß</script ä>";
        for at in (0..=page.len()).filter(|at| page.is_char_boundary(*at)) {
            for between in ["", "é", "<", ">", "\"", "=", "&", "</", "<!--", "\0", "\u{1f375}"] {
                let (before, after) = page.split_at(at);
                let _ = (read(&format!("{before}{between}{after}")), read(&format!("{before}{between}")));
            }
        }
        for at in 0..page.len() {
            let bytes = &page.as_bytes()[..at];
            let _ = (is_whole(bytes, at / 2), decode(bytes, None), decode(bytes, Some("latin1")));
        }
    }

    #[test]
    fn a_page_that_is_made_to_take_time_takes_none() {
        // Whoever looked at the rest again for each of these would take hours.
        for part in [
            "<",
            "<!--",
            "</",
            "<meta ",
            "<a b=",
            "<title",
            "&",
            "<script></scrip",
            "<meta a=\"",
            "<meta name=a content=b>",
            "= ",
        ] {
            for start in ["", "<meta ", "<script>", "<title>"] {
                let head = read(&format!("{start}{}", part.repeat(512 * 1024 / part.len())));
                assert!(head.metas.len() <= MAX_METAS);
            }
        }
        let long = read(&format!("<title>{}</title>", "ä".repeat(MAX_TEXT)));
        assert!(long.title.len() <= MAX_TEXT);
    }

    #[test]
    fn nothing_is_read_after_the_head() {
        assert!(is_whole(b"<head><title>x</title></HEAD>", 0));
        assert!(is_whole(b"<title>x</title><body class=a>", 20));
        assert!(!is_whole(b"<head><title>x</title>", 0));
        assert!(is_whole(b"0123456789</head>", 14), "a piece ended in the middle of the tag");
    }

    #[test]
    fn a_page_is_text_where_one_knows_how_it_is_written() {
        for (page, charset, expected) in [
            (&b"caf\xc3\xa9"[..], None, Some("café")),
            (b"\xef\xbb\xbfcaf\xc3\xa9", Some("UTF-8"), Some("café")),
            (b"caf\xe9 \x80", Some("ISO-8859-1"), Some("café €")),
            (b"<meta charset='windows-1252'>\xe9", None, Some("<meta charset='windows-1252'>é")),
            (b"caf\xe9", None, Some("caf\u{fffd}")),
            (b"\x82\xa0", Some("shift_jis"), None),
            (b"plain", Some("shift_jis"), Some("plain")),
        ] {
            assert_eq!(decode(page, charset).as_deref(), expected, "{page:?} {charset:?}");
        }
        assert_eq!(declared("text/html; Charset=\"utf-8\"; x"), Some("utf-8"));
        assert_eq!(declared("text/html"), None);
    }
}
