//! Who is mentioned (XEP-0372), in the bubble and in the composer.

use adw::prelude::*;
use stonechat::{
    engine::api::{BareJid, Mention, Message, MessageState, TextFormat},
    ui::{bubble_text::BubbleText, message_row::MessageRow},
};

use crate::world::{World, all, message, wait};

fn mention(range: std::ops::Range<usize>, address: &str) -> Mention {
    Mention { range, address: BareJid::new(address).expect("an address") }
}

fn with_mentions(n: i64, body: &str, mentions: Vec<Mention>) -> Message {
    let incoming = Message { is_outgoing: false, state: MessageState::Received, ..message(n, body) };
    Message { format: TextFormat { mentions, ..TextFormat::default() }, ..incoming }
}

fn text(row: &MessageRow, text: &str) -> BubbleText {
    all(row).into_iter().find(|shown: &BubbleText| shown.text() == text).expect("it is shown")
}

#[gtk::test]
fn whoever_is_mentioned_is_set_off_and_leads_to_details() {
    let both = vec![mention(4..8, "bob@example.org"), mention(13..19, "alice@example.org")];
    let hostile = (0..500).map(|n| mention(n..n + 5_000, "eve@example.org")).collect();
    let several = vec![mention(0..3, "eve@example.org"), mention(3..8, "bob@example.org")];
    let messages = vec![
        with_mentions(1, "Ask @Bob, or @Alice!", both),
        with_mentions(2, "short", hostile),
        with_mentions(3, "B\u{202e}ob\nEve is here", several),
        with_mentions(4, "@Bob", vec![mention(0..4, "bob@example.org")]),
    ];
    let world = World::new(messages, 0, (500, 500));
    world.shot("mention");
    let row = |index| world.view().row(index).and_downcast::<MessageRow>().expect("it is in sight");
    assert_eq!(text(&row(0), "Ask @Bob, or @Alice!").mentioned(), ["bob@example.org", "alice@example.org"]);
    assert!(text(&row(1), "short").mentioned().is_empty());
    assert!(text(&row(2), "B\u{202e}ob\nEve is here").mentioned().is_empty(), "that is no name");
    // Whom one talks with has details; the keyboard gets there by the menu.
    wait("the window in front", || world.window.is_active());
    row(0).grab_focus();
    world.press(&["Menu"]);
    wait("the menu", || all::<gtk::PopoverMenu>(&row(0)).iter().any(WidgetExt::is_visible));
    world.shot("mention-menu");
    let menu = all::<gtk::PopoverMenu>(&row(0)).remove(0);
    menu.popdown();
    wait("the menu gone", || !menu.is_visible());
    let bounds = text(&row(3), "@Bob").compute_bounds(&world.window).expect("it is in the window");
    world.click_at((bounds.x() + 12.0, bounds.y() + bounds.height() / 2.0));
    wait("the details", || world.window.visible_dialog().is_some());
    world.window.visible_dialog().expect("it is open").force_close();
}

#[gtk::test]
fn an_at_sign_offers_whoever_is_here_and_the_name_is_sent_as_what_it_is() {
    let world = World::new(vec![message(1, "hello")], 0, (500, 500));
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    let composer = world.page.composer();
    world.press(&["o", "h", "space", "at"]);
    wait("the at sign", || composer.text() == "oh @");
    world.settle();
    world.shot("mention-completion");
    world.press(&["m", "a", "r", "Return"]);
    wait("the name", || composer.text() == "oh @Bob Martens ");
    assert_eq!(world.said("SendMessage"), 0, "the key was meant for the list");
    world.press(&["o", "k", "Home", "h", "Return"]);
    wait("the message", || world.said("SendMessage") == 1);
    let sent = world.engine.messages.borrow().last().cloned().expect("it was sent");
    assert_eq!(sent.body, "hoh @Bob Martens ok");
    assert_eq!(sent.format.mentions, [mention(4..16, "bob@example.org")], "it has moved with the text before it");
    // In whose name one writes, that one is no mention any more.
    world.press(&["at", "b", "o", "b", "Tab", "BackSpace", "BackSpace", "Return"]);
    wait("the other message", || world.said("SendMessage") == 2);
    let sent = world.engine.messages.borrow().last().cloned().expect("it was sent");
    assert_eq!((sent.body.as_str(), sent.format.mentions.len()), ("@Bob Marten", 0));
}

#[gtk::test]
fn what_completes_fits_a_narrow_window_in_every_look() {
    let looks = [
        ("light", gtk::TextDirection::Ltr, adw::ColorScheme::ForceLight),
        ("dark", gtk::TextDirection::Ltr, adw::ColorScheme::ForceDark),
        ("rtl", gtk::TextDirection::Rtl, adw::ColorScheme::ForceLight),
    ];
    for (look, direction, scheme) in looks {
        gtk::Widget::set_default_direction(direction);
        adw::StyleManager::default().set_color_scheme(scheme);
        let both = vec![mention(4..8, "bob@example.org"), mention(13..19, "alice@example.org")];
        let world = World::new(vec![with_mentions(1, "Ask @Bob, or @Alice!", both)], 0, (360, 640));
        wait("the window in front", || world.window.is_active());
        world.page.focus_composer();
        let composer = world.page.composer();
        for (keys, text) in [(&["at"][..], "@"), (&["BackSpace", "colon", "s", "m", "i"], ":smi")] {
            world.press(keys);
            wait("what was typed", || composer.text() == text);
            let popovers = || all::<gtk::Popover>(&composer).into_iter().filter(WidgetExt::is_visible);
            wait("what fits", || popovers().next().is_some());
            world.settle();
            world.shot(&format!("completion-{look}-{}", text.len()));
            for popover in popovers() {
                // Where a list is as the text says, it goes on to the right of its word.
                let begins = popover.halign() == gtk::Align::Start;
                assert!(popover.width() <= 360 && begins == (look != "rtl"), "{look} {text}");
            }
        }
    }
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
}
