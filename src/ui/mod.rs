//! The windows: one widget per file, its template of the same name in `resources/ui/`.
//!
//! Knows the model and the engine's boundary; has never seen a stanza or a line of SQL.

pub mod about_dialog;
pub mod account_dialog;
pub mod add_contact_dialog;
pub mod application;
pub mod attachment;
mod attention;
pub mod avatar_cache;
pub mod avatar_view;
mod blocked_bar;
mod blocked_group;
mod blocking;
mod bubble;
mod bubble_pieces;
pub mod bubble_text;
mod code_block;
mod completion;
pub mod composer;
mod composer_bar;
mod composer_format;
mod connection_banner;
mod contact_details;
mod contact_row;
mod context_menu;
mod conversation_page;
mod conversation_row;
mod conversation_search;
pub mod desktop;
mod details_pane;
mod emoji_completion;
mod emoji_name;
pub mod error_text;
mod escape;
pub mod export;
mod failure_bar;
mod fetching_bar;
pub mod file_preferences;
mod forward_dialog;
mod found_row;
pub mod history;
mod history_deletion;
mod lane;
pub mod link;
mod link_address;
pub mod link_preview;
mod list_row;
pub mod media;
mod mention_completion;
mod mention_marks;
mod message_details;
mod message_markup;
mod message_menu;
pub mod message_row;
pub mod message_text;
mod new_conversation_dialog;
pub mod preferences_dialog;
mod profile;
mod reaction_bar;
mod reply_quote;
pub mod requests_dialog;
mod revisions_dialog;
mod row_menu;
mod search_filters;
pub mod shared_files;
mod shared_links;
mod shortcuts;
pub mod shortcuts_dialog;
mod sidebar;
mod sight;
mod sign_in_page;
pub mod spelling;
mod spoiler;
mod spoiler_bar;
mod styled_input;
mod texture_cache;
pub mod time_text;
mod touch;
pub mod undo_bar;
mod voice_bar;
mod watch;
mod window;

pub use about_dialog::new as about_dialog;
pub use account_dialog::AccountDialog;
pub use add_contact_dialog::AddContactDialog;
pub use application::{Application, run};
pub use avatar_view::AvatarView;
pub use contact_details::ContactDetails;
pub use conversation_page::ConversationPage;
pub use conversation_row::ConversationRow;
pub use details_pane::DetailsPane;
pub use found_row::FoundRow;
pub use new_conversation_dialog::NewConversationDialog;
pub use preferences_dialog::PreferencesDialog;
pub use profile::Profile;
pub use requests_dialog::RequestsDialog;
pub use search_filters::SearchFilters;
pub use shortcuts_dialog::ShortcutsDialog;
pub use sidebar::Sidebar;
pub use sign_in_page::SignInPage;
pub use window::Window;

/// Makes templates, styles and icons known. Once in a process, before the first widget; more often does no harm.
///
/// # Panics
/// When the resource file, which is part of the program, is damaged.
pub fn register_resources() {
    gtk::gio::resources_register_include!("stonechat.gresource").expect("the resources are built in");
}
