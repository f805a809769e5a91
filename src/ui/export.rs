//! Takes a conversation elsewhere: asks in which form and where to, shows how far that is, and can give it up.

use std::time::Duration;

use adw::prelude::*;
use gettextrs::{gettext, ngettext};
use gtk::glib;

use super::{Window, error_text};
use crate::{
    engine::api::{CommandError, ExportFormat, ExportOrder, ExportProgress, ExportWords, Exported, Timestamp},
    model::Conversation,
    plain_text::one_line,
};

/// What is done sooner needs no window that says how far it is.
const SOON: Duration = Duration::from_millis(400);

/// Asks for all that is needed, and exports.
pub fn ask(parent: &impl IsA<gtk::Widget>, conversation: &Conversation) {
    let (parent, conversation) = (parent.clone().upcast::<gtk::Widget>(), conversation.clone());
    glib::spawn_future_local(async move {
        let Some((format, has_files)) = ask_form(&parent).await else { return };
        let chooser = gtk::FileDialog::builder().title(gettext("Export messages")).modal(true).build();
        chooser.set_initial_name(Some(&file_name(&conversation, format)));
        let window = parent.root().and_downcast::<gtk::Window>();
        // An error means that the person has thought better of it.
        let Ok(file) = chooser.save_future(window.as_ref()).await else { return };
        match file.path() {
            Some(path) => save(&parent, &conversation, ExportOrder { path, format, has_files }).await,
            None => tell(&parent, &gettext("Files can only be written on this computer.")),
        }
    });
}

/// Exports to this file, and says what has come of it.
pub async fn save(parent: &gtk::Widget, conversation: &Conversation, order: ExportOrder) {
    let (sender, progress) = async_channel::bounded(1);
    let watching = Watching::begin(parent, progress);
    let result = conversation.export(order, words(conversation), sender).await;
    watching.end();
    match result {
        Ok(Exported { missing }) if missing > 0 => {
            let count = u32::try_from(missing).unwrap_or(u32::MAX);
            let text = ngettext(
                "The messages have been exported, but {n} file could not be copied.",
                "The messages have been exported, but {n} files could not be copied.",
                count,
            );
            tell(parent, &text.replace("{n}", &missing.to_string()));
        }
        Ok(_) => match parent.root().and_downcast::<Window>() {
            Some(window) => window.toast(&gettext("The messages have been exported")),
            None => parent
                .announce(&gettext("The messages have been exported"), gtk::AccessibleAnnouncementPriority::Medium),
        },
        Err(CommandError::Cancelled) => {}
        Err(error) => tell(parent, &error_text::command(&error)),
    }
}

/// The format, and whether files are to be copied.
async fn ask_form(parent: &gtk::Widget) -> Option<(ExportFormat, bool)> {
    let body = gettext("Whoever has the file can read all of the conversation.");
    let dialog = adw::AlertDialog::new(Some(&gettext("Export messages")), Some(&body));
    dialog.add_responses(&[("cancel", &gettext("_Cancel")), ("choose", &gettext("Choose a _file…"))]);
    dialog.set_response_appearance("choose", adw::ResponseAppearance::Suggested);
    dialog.set_default_response(Some("choose"));
    dialog.set_close_response("cancel");
    let list = gtk::ListBox::builder().selection_mode(gtk::SelectionMode::None).css_classes(["boxed-list"]).build();
    let mut checks: Vec<(gtk::CheckButton, ExportFormat)> = Vec::new();
    for (title, subtitle, format) in [
        (gettext("Web page"), gettext("To read in a browser"), ExportFormat::Html),
        (gettext("Plain text"), gettext("To read anywhere"), ExportFormat::Text),
        (gettext("JSON"), gettext("For other programs"), ExportFormat::Json),
    ] {
        let check = gtk::CheckButton::builder().valign(gtk::Align::Center).build();
        check.set_group(checks.first().map(|(first, _)| first));
        let row = adw::ActionRow::builder().title(title).subtitle(subtitle).activatable_widget(&check).build();
        row.add_prefix(&check);
        list.append(&row);
        checks.push((check, format));
    }
    if let Some((first, _)) = checks.first() {
        first.set_active(true);
    }
    let files = adw::SwitchRow::builder()
        .title(gettext("With files"))
        .subtitle(gettext("Those that are here, in a folder beside it"))
        .active(true)
        .build();
    let more = gtk::ListBox::builder().selection_mode(gtk::SelectionMode::None).css_classes(["boxed-list"]).build();
    more.append(&files);
    let content = gtk::Box::builder().orientation(gtk::Orientation::Vertical).spacing(12).build();
    content.append(&list);
    content.append(&more);
    dialog.set_extra_child(Some(&content));
    if dialog.choose_future(Some(parent)).await != "choose" {
        return None;
    }
    let chosen = checks.into_iter().find(|(check, _)| check.is_active());
    chosen.map(|(_, format)| (format, files.is_active()))
}

/// With whom, and which day it is: no separator of folders, no dot in front.
fn file_name(conversation: &Conversation, format: ExportFormat) -> String {
    let name = conversation.contact().display_name();
    let day =
        glib::DateTime::now_local().and_then(|now| now.format("%F")).map(Into::<String>::into).unwrap_or_default();
    let ending = match format {
        ExportFormat::Text => "txt",
        ExportFormat::Json => "json",
        ExportFormat::Html => "html",
    };
    format!("{} {day}.{ending}", safe(&name))
}

fn safe(name: &str) -> String {
    let name: String =
        one_line(name).chars().map(|c| if matches!(c, '/' | '\\' | ':') { '_' } else { c }).take(60).collect();
    name.trim_start_matches('.').to_owned()
}

fn words(conversation: &Conversation) -> ExportWords {
    let name = one_line(&conversation.contact().display_name()).into_owned();
    ExportWords {
        title: gettext("Conversation with {name}").replace("{name}", &name),
        // Translators: the code of your language as HTML has it, such as "de" or "pt-BR".
        language: gettext("en"),
        waiting: gettext("waiting"),
        sent: gettext("sent"),
        delivered: gettext("delivered"),
        read: gettext("read"),
        failed: gettext("not sent"),
        spoiler: gettext("Spoiler"),
        local_time,
    }
}

fn local_time(time: Timestamp) -> String {
    let local = glib::DateTime::from_unix_local(time.0.div_euclid(1_000));
    local.and_then(|local| local.format("%FT%T%:z")).map(Into::into).unwrap_or_default()
}

/// Shows how far an export is, once it takes a while.
struct Watching {
    dialog: adw::AlertDialog,
    task: glib::JoinHandle<()>,
}

impl Watching {
    fn begin(parent: &gtk::Widget, progress: async_channel::Receiver<ExportProgress>) -> Self {
        let bar = gtk::ProgressBar::builder().show_text(true).build();
        let dialog = adw::AlertDialog::new(Some(&gettext("Exporting messages…")), None);
        dialog.set_extra_child(Some(&bar));
        dialog.add_response("cancel", &gettext("_Cancel"));
        dialog.set_close_response("cancel");
        let listener = progress.clone();
        dialog.connect_response(Some("cancel"), move |_, _| {
            // Nobody listens: that is how it is given up.
            listener.close();
        });
        let (parent, shown) = (parent.clone(), dialog.clone());
        let task = glib::spawn_future_local(async move {
            let began = std::time::Instant::now();
            let mut is_shown = false;
            while let Ok(ExportProgress { done, total }) = progress.recv().await {
                #[expect(clippy::cast_precision_loss, reason = "a part of a bar")]
                bar.set_fraction(done as f64 / (total.max(1)) as f64);
                if !is_shown && began.elapsed() > SOON && done < total {
                    is_shown = true;
                    shown.present(Some(&parent));
                }
            }
        });
        Self { dialog, task }
    }

    fn end(self) {
        self.task.abort();
        if self.dialog.is_mapped() {
            self.dialog.force_close();
        }
    }
}

fn tell(parent: &gtk::Widget, body: &str) {
    let dialog = adw::AlertDialog::new(Some(&gettext("That did not work")), Some(body));
    dialog.add_response("close", &gettext("Close"));
    dialog.present(Some(parent));
}

#[cfg(test)]
mod tests {
    use super::{local_time, safe};
    use crate::engine::api::Timestamp;

    #[test]
    fn a_name_names_no_other_folder() {
        for (name, file) in
            [("Bob", "Bob"), ("../../etc/passwd", "_.._etc_passwd"), ("a:b\\c\nd", "a_b_c d"), ("…", "…")]
        {
            assert_eq!(safe(name), file);
        }
    }

    #[test]
    fn a_time_says_its_zone() {
        let text = local_time(Timestamp(1_800_000_000_123));
        assert!(text.starts_with("2027-01-1") && text.len() == "2027-01-15T08:00:00+00:00".len(), "{text}");
    }
}
