//! Asks whether somebody is to be blocked, and why, and says what that does.

use adw::prelude::*;
use gettextrs::gettext;
use gtk::glib;

use super::error_text;
use crate::{
    engine::api::{BlockAbility, CommandError, Jid, ReportReason},
    model::Conversation,
    plain_text::isolated,
};

/// Asks whether the other side is to be blocked, and does it; where it can't be done, says why.
pub fn ask_to_block(parent: &impl IsA<gtk::Widget>, conversation: &Conversation) {
    let (parent, conversation) = (parent.clone().upcast::<gtk::Widget>(), conversation.clone());
    glib::spawn_future_local(async move {
        let can_report = match conversation.block_ability().await {
            Ok(BlockAbility::Block) => false,
            Ok(BlockAbility::BlockAndReport) => true,
            Ok(BlockAbility::None) => {
                let body = gettext("Your server has no block list. You can mute the conversation instead.");
                return tell(&parent, &gettext("Nobody can be blocked here"), &body);
            }
            Err(error) => return tell_failure(&parent, &error),
        };
        let Some(report) = ask(&parent, &conversation, can_report).await else { return };
        if let Err(error) = conversation.block(report).await {
            tell_failure(&parent, &error);
        }
    });
}

/// Lets the other side reach one again.
pub fn unblock(parent: &impl IsA<gtk::Widget>, conversation: &Conversation) {
    let (parent, conversation) = (parent.clone().upcast::<gtk::Widget>(), conversation.clone());
    glib::spawn_future_local(async move {
        if let Err(error) = conversation.unblock().await {
            tell_failure(&parent, &error);
        }
    });
}

/// Who is blocked by this entry of the list, for somebody to read.
#[must_use]
pub fn entry_text(entry: &Jid) -> String {
    match entry.node() {
        Some(_) => entry.to_string(),
        None => gettext("Everybody at {server}").replace("{server}", entry.as_str()),
    }
}

/// `None`: not at all. Else whether to report, and for what.
async fn ask(parent: &gtk::Widget, conversation: &Conversation, can_report: bool) -> Option<Option<ReportReason>> {
    let name = conversation.contact().display_name();
    let heading = gettext("Block {name}?").replace("{name}", &isolated(&name));
    let body = gettext(
        "They can no longer write to you or see when you are online, on any of your devices. They are not told. What was said before stays.",
    );
    let dialog = adw::AlertDialog::new(Some(&heading), Some(&body));
    dialog.add_responses(&[("cancel", &gettext("_Cancel")), ("block", &gettext("_Block"))]);
    dialog.set_response_appearance("block", adw::ResponseAppearance::Destructive);
    dialog.set_default_response(Some("cancel"));
    dialog.set_close_response("cancel");
    let choices = can_report.then(reasons);
    if let Some((list, _)) = &choices {
        dialog.set_extra_child(Some(list));
    }
    if dialog.choose_future(Some(parent)).await != "block" {
        return None;
    }
    let chosen = choices.and_then(|(_, checks)| checks.into_iter().find(|(check, _)| check.is_active()));
    Some(chosen.and_then(|(_, reason)| reason))
}

type Checks = Vec<(gtk::CheckButton, Option<ReportReason>)>;

/// One of three, to be chosen.
fn reasons() -> (gtk::ListBox, Checks) {
    let list = gtk::ListBox::builder().selection_mode(gtk::SelectionMode::None).css_classes(["boxed-list"]).build();
    let seen = gettext("Those who run your server see this address and the last messages from it.");
    let mut checks: Checks = Vec::new();
    for (title, subtitle, reason) in [
        (gettext("Only block"), "", None),
        (gettext("Block and report as spam"), seen.as_str(), Some(ReportReason::Spam)),
        (gettext("Block and report abuse"), seen.as_str(), Some(ReportReason::Abuse)),
    ] {
        let check = gtk::CheckButton::builder().valign(gtk::Align::Center).build();
        check.set_group(checks.first().map(|(first, _)| first));
        let row = adw::ActionRow::builder().title(title).subtitle(subtitle).activatable_widget(&check).build();
        row.add_prefix(&check);
        list.append(&row);
        checks.push((check, reason));
    }
    if let Some((first, _)) = checks.first() {
        first.set_active(true);
    }
    (list, checks)
}

fn tell_failure(parent: &gtk::Widget, error: &CommandError) {
    let body = match error {
        CommandError::NotOnline => gettext("Your server keeps the block list. Try again when you are connected."),
        error => error_text::command(error),
    };
    tell(parent, &gettext("That did not work"), &body);
}

fn tell(parent: &gtk::Widget, heading: &str, body: &str) {
    let dialog = adw::AlertDialog::new(Some(heading), Some(body));
    dialog.add_response("close", &gettext("Close"));
    dialog.present(Some(parent));
}
