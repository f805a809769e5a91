//! What the program is called and where it finds its data.

/// Application id: the D-Bus name, the desktop file's name, the icons' name.
pub const APP_ID: &str = "im.stonechat.Stonechat";
/// The name that people read; never translated.
pub const APP_NAME: &str = "Stonechat";
/// Version of the release, from `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The gettext domain.
pub const GETTEXT_DOMAIN: &str = "stonechat";
/// Where Meson installs translations; a build by plain Cargo has none and runs in English.
pub const LOCALE_DIR: Option<&str> = option_env!("STONECHAT_LOCALE_DIR");
