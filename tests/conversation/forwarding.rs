//! Sending a message on.

use adw::prelude::*;
use stonechat::ui::message_row::MessageRow;

use crate::world::{World, message, wait};

#[gtk::test]
fn a_message_is_sent_on_to_whoever_is_chosen_and_not_before() {
    let world = World::new(vec![message(1, "the address is 5, Hill Road"), message(2, "thanks")], 0, (900, 700));
    wait("the window in front", || world.window.is_active());
    let row = world.view().row(0).and_downcast::<MessageRow>().expect("it is in sight");
    row.activate_action("message.forward", None).unwrap();
    wait("the dialog", || world.window.visible_dialog().is_some());
    world.settle();
    world.shot("forward");
    world.press(&["n", "o", "b", "o", "d", "y", "Return", "Return"]);
    assert_eq!(world.said("SendMessage"), 0, "nobody was found");
    world.press(&["ctrl+a", "b", "o", "b", "Return"]);
    assert_eq!(world.said("SendMessage"), 0, "somebody is chosen, and nothing sent yet");
    world.shot("forward-chosen");
    world.press(&["Return"]);
    wait("the message", || world.history().last().is_some_and(|last| last.body() == "the address is 5, Hill Road"));
    assert_eq!(world.said("SendMessage"), 1);
    wait("the dialog gone", || world.window.visible_dialog().is_none());
}
