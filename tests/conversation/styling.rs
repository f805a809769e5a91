//! What is written with styling (XEP-0393), in the bubble and in the composer.

use adw::prelude::*;
use stonechat::{
    engine::api::{Message, MessageState, TextFormat},
    ui::{bubble_text::BubbleText, message_row::MessageRow},
};

use crate::world::{World, frame, message, wait};

fn incoming(n: i64, body: &str) -> Message {
    Message { is_outgoing: false, state: MessageState::Received, ..message(n, body) }
}

fn outgoing(n: i64, body: &str) -> Message {
    Message { is_outgoing: true, state: MessageState::Delivered, ..message(n, body) }
}

#[gtk::test]
fn what_is_sent_without_styling_is_shown_as_it_was_typed_also_when_it_is_sent_on() {
    let unstyled = TextFormat { is_unstyled: true, ..TextFormat::default() };
    let all = vec![
        Message { format: unstyled.clone(), ..incoming(1, "> *a*\n```\n`b`\n```") },
        Message { format: unstyled.clone(), ..outgoing(2, "_mine_") },
    ];
    let world = World::new(all, 0, (500, 500));
    assert_eq!(texts(row(&world, 0).upcast_ref()), ["> *a*\n```\n`b`\n```"]);
    world.shot("unstyled");
    // A new text of it has none either.
    row(&world, 1).activate_action("message.edit", None).unwrap();
    wait("the text to be edited", || world.page.composer().text() == "_mine_");
    wait("the window in front", || world.window.is_active());
    world.press(&["ctrl+a", "n", "e", "w", "Return"]);
    wait("the new text", || world.history().newest(1).first().is_some_and(|last| last.body() == "new"));
    assert_eq!(world.history().newest(1).first().expect("it is there").format(), unstyled);
    row(&world, 0).activate_action("message.forward", None).unwrap();
    wait("the dialog", || world.window.visible_dialog().is_some());
    world.settle();
    world.press(&["b", "o", "b", "Return", "Return"]);
    wait("the copy", || world.said("SendMessage") == 1);
    wait("the copy", || world.history().newest(1).first().is_some_and(|last| last.body().starts_with("> *a*")));
    assert_eq!(world.history().newest(1).first().expect("it is there").format(), unstyled);
}

/// Every text that can be seen in a widget, from the top.
fn texts(widget: &gtk::Widget) -> Vec<String> {
    let mut found = Vec::new();
    let mut child = widget.first_child();
    while let Some(widget) = child {
        match widget.downcast_ref::<BubbleText>().filter(|text| text.is_visible()) {
            Some(text) if !text.text().is_empty() => found.push(text.text().to_string()),
            _ => found.extend(texts(&widget)),
        }
        child = widget.next_sibling();
    }
    found
}

fn row(world: &World, index: u32) -> MessageRow {
    world.view().row(index).and_downcast().expect("it is in sight")
}

fn find_text(widget: &gtk::Widget, text: &str) -> Option<BubbleText> {
    if let Some(found) = widget.downcast_ref::<BubbleText>().filter(|found| found.text() == text) {
        return Some(found.clone());
    }
    let mut child = widget.first_child();
    while let Some(widget) = child {
        if let Some(found) = find_text(&widget, text) {
            return Some(found);
        }
        child = widget.next_sibling();
    }
    None
}

fn find_button(widget: &gtk::Widget, tooltip: &str) -> Option<gtk::Button> {
    if let Some(button) = widget.downcast_ref::<gtk::Button>()
        && button.tooltip_text().as_deref() == Some(tooltip)
    {
        return Some(button.clone());
    }
    let mut child = widget.first_child();
    while let Some(widget) = child {
        if let Some(found) = find_button(&widget, tooltip) {
            return Some(found);
        }
        child = widget.next_sibling();
    }
    None
}

#[gtk::test]
fn quotations_and_code_stand_apart_and_the_code_can_be_copied() {
    let code = "fn main() {\n    println!(\"*hi*\");\n}";
    let body = format!("> Does it _compile_?\n> > It did.\n\nIt *does*:\n```rust\n{code}\n```\nSee `main`");
    let world = World::new(vec![incoming(1, &body), incoming(2, "plain")], 0, (900, 700));
    let styled = row(&world, 0);
    assert_eq!(
        texts(styled.upcast_ref()),
        ["Does it _compile_?", "It did.", "It *does*:", code, "See `main`"],
        "nothing that was written is lost"
    );
    assert_eq!(texts(row(&world, 1).upcast_ref()), ["plain"]);
    let button = find_button(styled.upcast_ref(), "Copy code").expect("the code can be copied");
    button.emit_clicked();
    assert_eq!(world.clipboard(), code);
    styled.activate_action("message.copy", None).unwrap();
    assert_eq!(world.clipboard(), body, "the message is copied as it was written");
    // The row is used for something else.
    world.event(stonechat::engine::api::Event::MessagesChanged {
        conversation: crate::world::CONVERSATION,
        messages: vec![incoming(1, "nothing of this kind")],
    });
    wait("the change", || texts(styled.upcast_ref()) == ["nothing of this kind"]);
    frame(&world.window);
}

#[gtk::test]
fn what_was_looked_for_is_marked_in_quotations_and_code() {
    let world = World::new(vec![incoming(1, "> the parcel\n```\nparcel()\n```\nno")], 0, (900, 700));
    let row = row(&world, 0);
    row.mark_words("parcel");
    let is_marked = |text: &str| !find_text(row.upcast_ref(), text).expect("it is there").marks().is_empty();
    assert!(is_marked("the parcel") && is_marked("parcel()") && !is_marked("no"));
}

#[gtk::test]
fn the_composer_shows_what_a_text_will_look_like() {
    let world = World::new(vec![incoming(1, "hello")], 0, (900, 700));
    let composer = world.page.composer();
    let buffer = composer.text_view().buffer();
    let is_bold = |offset| buffer.iter_at_offset(offset).tags().iter().any(gtk::TextTag::is_weight_set);
    buffer.insert_at_cursor("ä *bold");
    assert!(!is_bold(4), "it is not closed yet");
    buffer.insert_at_cursor("* no");
    assert!(!is_bold(1) && is_bold(2) && is_bold(4) && is_bold(7) && !is_bold(9));
    assert_eq!(composer.text(), "ä *bold* no");
    buffer.insert_at_cursor("\n> *quoted*\n```\nlet code = *1*;\n```");
    assert!(is_bold(15), "in a quotation as well");
    world.shot("composer-styled");
    composer.activate_action("composer.send", None).unwrap();
    wait("the message", || {
        world.history().newest(1).first().is_some_and(|last| last.body().starts_with("ä *bold* no\n>"))
    });
    buffer.insert_at_cursor("*a*");
    assert!(is_bold(0), "also in what is written next");
}

#[gtk::test]
fn every_kind_of_styling_has_its_looks() {
    let code = "```python\ndef greet(name):\n    return f\"Hello, {name}!\"\n```";
    let messages = vec![
        incoming(1, "The *lens* has a _scratch_, ~badly~ packed: `f/1.8`"),
        outgoing(2, "> The *lens* has a _scratch_\n\nHow _large_ is it?"),
        incoming(3, &format!("This is how I measure:\n{code}")),
        outgoing(4, &format!("{code}\nDoes that run?")),
        incoming(
            5,
            "> > Who wrote this?\n> Nobody.\nSomebody did. https://example.org/a_b_c and *https://example.org*",
        ),
        outgoing(6, "```\nnarrow\n```"),
        incoming(7, "> مرحبا، كيف حالك؟\nهل وصلت الرسالة؟"),
        incoming(8, "snake_case_name, 2*3*4 and * a list\n* of stars"),
    ];
    let world = World::new(messages, 0, (900, 900));
    world.shot("styling-light");
    let bounds = row(&world, 4).compute_bounds(&world.window).unwrap();
    world.hover((bounds.x() + 150.0, bounds.y() + bounds.height() - 20.0));
    world.hover((bounds.x() + 152.0, bounds.y() + bounds.height() - 20.0));
    world.shot("link-tooltip");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    world.shot("styling-dark");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    world.window.set_default_size(360, 640);
    world.settle();
    world.shot("styling-narrow");
}

#[gtk::test]
fn an_action_is_told_of_who_does_it() {
    let world =
        World::new(vec![incoming(1, "/me waves"), outgoing(2, "/me waves _back_"), incoming(3, "/me")], 0, (900, 700));
    assert_eq!(texts(row(&world, 0).upcast_ref()), ["* Bob Martens waves"]);
    assert_eq!(texts(row(&world, 1).upcast_ref()), ["* alice waves _back_"]);
    assert_eq!(texts(row(&world, 2).upcast_ref()), ["/me"]);
    let row = row(&world, 0);
    row.activate_action("message.copy", None).unwrap();
    assert_eq!(world.clipboard(), "/me waves");
    world.shot("action");
}

#[gtk::test]
fn keys_style_what_is_written() {
    let world = World::new(vec![incoming(1, "hello")], 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let composer = world.page.composer();
    world.page.focus_composer();
    world.press(&["s", "o", "space", "b", "i", "g", "ctrl+b"]);
    wait("a bold word", || composer.text() == "so *big*");
    world.press(&["ctrl+i"]);
    wait("italics as well", || composer.text() == "so *_big_*");
    world.press(&["ctrl+b"]);
    wait("italics alone", || composer.text() == "so _big_");
    world.press(&["ctrl+z"]);
    wait("both again", || composer.text() == "so *_big_*");
    world.press(&["ctrl+a", "ctrl+shift+x"]);
    wait("all of it struck", || composer.text().starts_with('~') && composer.text().ends_with('~'));
    composer.text_view().buffer().set_text("fn a() {}\nfn b() {}");
    world.press(&["ctrl+a", "ctrl+e"]);
    wait("a block of code", || composer.text() == "```\nfn a() {}\nfn b() {}\n```");
    let has_selection = || composer.text_view().buffer().has_selection();
    assert!(has_selection());
    world.press(&["Menu"]);
    wait("the menu", || !composer.text_view().has_focus());
    world.shot("format-menu");
    world.press(&["Escape"]);
    wait("the field again", || composer.text_view().has_focus());
    assert!(has_selection(), "the menu has taken nothing away");
    // However often, and whenever the display says that a selection has ended.
    for n in 0..12 {
        world.press(&["ctrl+e"]);
        wait("another form", || composer.text().starts_with("```") == (n % 2 == 1));
        world.settle();
        assert!(has_selection(), "it is gone after {n}");
    }
    world.press(&["ctrl+z"]);
    wait("one step back", || composer.text() == "fn a() {}\nfn b() {}");
}

#[gtk::test]
fn emoji_are_offered_by_their_names() {
    let world = World::new(vec![incoming(1, "hello")], 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let composer = world.page.composer();
    world.page.focus_composer();
    let offers = || world.find("emoji-completion").is_some_and(|list| list.is_visible());
    world.press(&["o", "k", "space", "colon", "s"]);
    assert!(!offers(), "one letter is not enough");
    world.press(&["m", "i"]);
    wait("an offer", offers);
    world.shot("emoji-completion");
    world.press(&["Return"]);
    wait("the emoji", || composer.text() == "ok 😄");
    assert!(!offers());
    assert_eq!(world.said("SendMessage"), 0, "the key was meant for the list");
    world.press(&["space", "colon", "t", "a", "d", "a"]);
    wait("an offer", offers);
    world.press(&["Escape"]);
    assert!(!offers());
    world.press(&["BackSpace"]);
    assert!(!offers(), "not again for what was refused");
    world.press(&["a", "colon"]);
    wait("the emoji by its whole name", || composer.text() == "ok 😄 🎉");
    world.press(&["space", "colon", "c", "a", "t", "Down", "Up", "Down", "Tab"]);
    wait("the second one", || !composer.text().contains(':') && composer.text().chars().count() > 7);
    world.press(&["Return"]);
    wait("it is sent", || world.said("SendMessage") == 1);
}

#[gtk::test]
fn from_right_to_left_quotations_have_their_bar_on_the_other_side() {
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let world = World::new(
        vec![
            incoming(1, "> مرحبا، كيف حالك؟\nهل وصلت الرسالة؟"),
            outgoing(2, "> quoted\n```rust\nlet x = 1;\n```"),
            incoming(3, "/me يلوح"),
        ],
        0,
        (600, 700),
    );
    world.shot("styling-rtl");
    let row = row(&world, 0);
    let edges = |text: &str| {
        let bounds = find_text(row.upcast_ref(), text).expect("it is there").compute_bounds(&row).unwrap();
        (bounds.x(), bounds.x() + bounds.width())
    };
    let (quoted, text) = (edges("مرحبا، كيف حالك؟"), edges("هل وصلت الرسالة؟"));
    assert!(text.1 - quoted.1 >= 9.0 && (quoted.0 - text.0).abs() < 2.0, "{quoted:?} in {text:?}");
    drop(world);
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
}
