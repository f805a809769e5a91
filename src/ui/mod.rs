//! The windows: one widget per file, its template of the same name in `resources/ui/`.
//!
//! Knows the model and the engine's boundary; has never seen a stanza or a line of SQL.

pub mod about_dialog;
pub mod account_dialog;
pub mod add_contact_dialog;
mod bubble;
pub mod composer;
mod contact_details;
mod conversation_page;
pub mod desktop;
pub mod error_text;
mod failure_bar;
pub mod history;
pub mod link;
pub mod message_row;
pub mod message_text;
pub mod preferences_dialog;
pub mod requests_dialog;
pub mod shortcuts_dialog;
mod watch;

pub use about_dialog::new as about_dialog;
pub use account_dialog::AccountDialog;
pub use add_contact_dialog::AddContactDialog;
pub use conversation_page::ConversationPage;
pub use preferences_dialog::PreferencesDialog;
pub use requests_dialog::RequestsDialog;
pub use shortcuts_dialog::ShortcutsDialog;
