//! What the program is called and where it finds its data.

use std::{env, path::PathBuf};

/// Application id: the D-Bus name, the desktop file's name, the icons' name.
pub const APP_ID: &str = "im.stonechat.Stonechat";
/// The name that people read; never translated.
pub const APP_NAME: &str = "Stonechat";
/// Version of the release, from `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The gettext domain.
pub const GETTEXT_DOMAIN: &str = "stonechat";

/// Where translations lie: where the environment says (a run from a checkout), else where Meson installs them. A build by
/// plain Cargo has none and runs in English.
#[must_use]
pub fn locale_dir() -> Option<PathBuf> {
    let said = env::var_os("STONECHAT_LOCALE_DIR").map(PathBuf::from);
    said.or_else(|| option_env!("STONECHAT_LOCALE_DIR").map(PathBuf::from))
}
