//! Shows while one writes how a text will look to others (XEP-0393).
//!
//! Knows a buffer and nothing of what becomes of it: tags are laid over the text, which stays as it was typed.

use std::ops::Range;

use gettextrs::gettext;
use gtk::{gdk, gio, glib, pango, prelude::*, subclass::prelude::*};

use super::{composer_format, shortcuts};
use crate::styling::{self, Block, Line, Style};

/// Longer texts are left alone: they are read as they are pasted, not as they are typed.
const MAX_CHARS: i32 = 20_000;
/// As a tag takes the weight (`pango::Weight::Bold`).
const BOLD: i32 = 700;

/// The tags of one buffer.
#[derive(Debug, Clone)]
struct Tags {
    spans: [gtk::TextTag; 4],
    code: gtk::TextTag,
    quote: gtk::TextTag,
    faint: gtk::TextTag,
}

impl Tags {
    fn of(buffer: &gtk::TextBuffer) -> Self {
        let tag = |builder: gtk::builders::TextTagBuilder| {
            let tag = builder.build();
            buffer.tag_table().add(&tag);
            tag
        };
        let new = gtk::TextTag::builder;
        Self {
            spans: Style::ALL.map(|style| {
                tag(match style {
                    Style::Strong => new().weight(BOLD),
                    Style::Emphasis => new().style(pango::Style::Italic),
                    Style::Strike => new().strikethrough(true),
                    Style::Code => new().family("monospace"),
                })
            }),
            code: tag(new().family("monospace")),
            quote: tag(new().left_margin(24)),
            faint: tag(new()),
        }
    }

    fn all(&self) -> impl Iterator<Item = &gtk::TextTag> {
        self.spans.iter().chain([&self.code, &self.quote, &self.faint])
    }
}

/// Styles what is written in a view from now on.
pub fn attach(view: &gtk::TextView) {
    let buffer = view.buffer();
    let tags = Tags::of(&buffer);
    let weak = view.downgrade();
    let show = move || {
        if let Some(view) = weak.upgrade() {
            restyle(&view.buffer(), &tags, view.color());
        }
    };
    let again = show.clone();
    buffer.connect_changed(move |_| show());
    // The view has its other colour a moment later.
    adw::StyleManager::default().connect_dark_notify(move |_| {
        let again = again.clone();
        glib::idle_add_local_once(again);
    });
}

/// The styles for whoever does not know the keys.
pub fn menu() -> gio::Menu {
    let styles = gio::Menu::new();
    for shortcut in shortcuts::styles() {
        styles.append(Some(&shortcut.label), Some(shortcut.action));
    }
    let menu = gio::Menu::new();
    menu.append_submenu(Some(&gettext("Format")), &styles);
    menu
}

/// Lets keys ask for an action, with its target if it has one, while the composer has the keyboard.
pub fn add_shortcut<T: WidgetClassExt>(klass: &mut T, keys: &str, action: &str) {
    let trigger = gtk::ShortcutTrigger::parse_string(keys);
    let (Ok((name, target)), Some(trigger)) = (gio::Action::parse_detailed_name(action), trigger) else {
        debug_assert!(false, "{keys} for {action}");
        return;
    };
    let shortcut = gtk::Shortcut::new(Some(trigger), Some(gtk::NamedAction::new(&name)));
    shortcut.set_arguments(target.as_ref());
    klass.add_shortcut(&shortcut);
}

/// Puts a style on or takes it off, by the style's name.
pub fn toggle_named(buffer: &gtk::TextBuffer, name: Option<&str>) {
    match name {
        Some("strong") => toggle(buffer, Style::Strong),
        Some("emphasis") => toggle(buffer, Style::Emphasis),
        Some("strike") => toggle(buffer, Style::Strike),
        Some("code") => toggle(buffer, Style::Code),
        _ => {}
    }
}

/// Puts a style on what is selected or on the word at the cursor, or takes it off; one step for undoing.
fn toggle(buffer: &gtk::TextBuffer, style: Style) {
    let (start, end) = buffer.bounds();
    let text = buffer.text(&start, &end, true);
    let selected = buffer.selection_bounds();
    let (from, to) = selected.unwrap_or_else(|| {
        let cursor = buffer.iter_at_mark(&buffer.get_insert());
        (cursor, cursor)
    });
    let edit = composer_format::toggle(&text, byte(&text, from.offset())..byte(&text, to.offset()), style);
    let at = |bytes: usize| i32::try_from(text[..bytes].chars().count()).unwrap_or(i32::MAX);
    let (mut from, mut to) = (buffer.iter_at_offset(at(edit.range.start)), buffer.iter_at_offset(at(edit.range.end)));
    buffer.begin_user_action();
    if selected.is_some() && !edit.text.is_empty() {
        // There is a selection throughout. Under X11 one that ends and begins anew within a millisecond is gone for good: GTK
        // takes the server's word that it ended for another program's claim of the primary selection (GTK 4.18).
        buffer.select_range(&to, &from);
        let end = from.offset();
        buffer.insert(&mut to, &edit.text);
        let (mut from, mut to) = (buffer.iter_at_offset(end), buffer.iter_at_offset(at(edit.range.end)));
        buffer.delete(&mut from, &mut to);
    } else {
        buffer.delete(&mut from, &mut to);
        buffer.insert(&mut from, &edit.text);
    }
    buffer.end_user_action();
    let (start, end) = buffer.bounds();
    let text = buffer.text(&start, &end, true);
    let at = |bytes: usize| i32::try_from(text[..bytes].chars().count()).unwrap_or(i32::MAX);
    let (from, to) = (at(edit.selection.start), at(edit.selection.end));
    buffer.select_range(&buffer.iter_at_offset(to), &buffer.iter_at_offset(from));
}

/// Where a character begins.
fn byte(text: &str, offset: i32) -> usize {
    let characters = usize::try_from(offset).unwrap_or(0);
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

fn restyle(buffer: &gtk::TextBuffer, tags: &Tags, colour: gdk::RGBA) {
    let (start, end) = buffer.bounds();
    for tag in tags.all() {
        buffer.remove_tag(tag, &start, &end);
    }
    if buffer.char_count() > MAX_CHARS {
        return;
    }
    let text = buffer.text(&start, &end, true);
    if !text.contains(['*', '_', '~', '`', '>']) {
        return;
    }
    let shade = |alpha: f32| gdk::RGBA::new(colour.red(), colour.green(), colour.blue(), alpha * colour.alpha());
    tags.faint.set_foreground_rgba(Some(&shade(0.45)));
    tags.spans[Style::Code as usize].set_background_rgba(Some(&shade(0.09)));
    tags.code.set_paragraph_background_rgba(Some(&shade(0.09)));
    let painter = Painter { buffer, tags, text: &text, offsets: offsets(&text) };
    painter.blocks(&styling::parse(&text));
}

/// For every byte the character that it belongs to, and one more for the end.
pub fn offsets(text: &str) -> Vec<i32> {
    let mut offsets = Vec::with_capacity(text.len() + 1);
    for (n, c) in (0..).zip(text.chars()) {
        offsets.extend(std::iter::repeat_n(n, c.len_utf8()));
    }
    offsets.push(offsets.last().map_or(0, |last| last + 1));
    offsets
}

struct Painter<'b> {
    buffer: &'b gtk::TextBuffer,
    tags: &'b Tags,
    text: &'b str,
    offsets: Vec<i32>,
}

impl Painter<'_> {
    fn apply(&self, tag: &gtk::TextTag, range: Range<usize>) {
        let at = |byte: usize| self.buffer.iter_at_offset(self.offsets.get(byte).copied().unwrap_or(-1));
        self.buffer.apply_tag(tag, &at(range.start), &at(range.end));
    }

    fn blocks(&self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Text(lines) => lines.iter().for_each(|line| self.line(line)),
                Block::Code { info, lines, range } => {
                    self.apply(&self.tags.code, range.clone());
                    self.apply(&self.tags.faint, range.start..info.end);
                    let end = lines.last().map_or(info.end, |line| line.end);
                    self.apply(&self.tags.faint, end..range.end);
                }
                Block::Quote { blocks, range } => {
                    self.apply(&self.tags.quote, range.clone());
                    for (start, line) in lines_of(self.text, range) {
                        let signs = line.len() - line.trim_start_matches(['>', ' ']).len();
                        self.apply(&self.tags.faint, start..start + signs);
                    }
                    self.blocks(blocks);
                }
            }
        }
    }

    fn line(&self, line: &Line) {
        for span in &line.spans {
            self.apply(&self.tags.spans[span.style as usize], span.range.clone());
            self.apply(&self.tags.faint, span.range.start..span.range.start + 1);
            self.apply(&self.tags.faint, span.range.end - 1..span.range.end);
        }
    }
}

/// The lines in a range, each with where it begins.
fn lines_of<'t>(text: &'t str, range: &Range<usize>) -> impl Iterator<Item = (usize, &'t str)> {
    let mut start = range.start;
    text[range.clone()].split('\n').map(move |line| {
        let begins = start;
        start += line.len() + 1;
        (begins, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_knows_its_character() {
        assert_eq!(offsets("aä👍"), [0, 1, 1, 2, 2, 2, 2, 3]);
        assert_eq!(offsets(""), [0]);
    }
}
