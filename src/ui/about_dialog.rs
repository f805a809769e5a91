//! What this program is, who made it, under which terms.

use gettextrs::gettext;

use crate::config;

#[must_use]
pub fn new() -> adw::AboutDialog {
    adw::AboutDialog::builder()
        .application_name(config::APP_NAME)
        .application_icon(config::APP_ID)
        .version(config::VERSION)
        .developer_name(gettext("The Stonechat developers"))
        .comments(gettext("Messages over XMPP, the open network that nobody owns."))
        .license_type(gtk::License::Gpl30)
        // Translators: your name, shown in the about dialog.
        .translator_credits(gettext("translator-credits"))
        .build()
}
