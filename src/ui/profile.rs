//! Where a running Stonechat keeps its data, and that only one does so at a time.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use gtk::{gio, glib};

use sha2::{Digest as _, Sha256};

use crate::config;

/// A directory with all that belongs to one person's Stonechat.
#[derive(Debug, Clone)]
pub struct Profile {
    dir: PathBuf,
    is_default: bool,
}

impl Profile {
    /// `None`: the usual place.
    #[must_use]
    pub fn new(dir: Option<PathBuf>) -> Self {
        match dir {
            // An absolute path, so that two names for one directory are one profile.
            Some(dir) => {
                let dir = fs::create_dir_all(&dir).and_then(|()| fs::canonicalize(&dir)).unwrap_or(dir);
                Self { dir, is_default: false }
            }
            None => Self { dir: glib::user_data_dir().join("stonechat"), is_default: true },
        }
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The name on the session bus by which a second instance finds the first.
    #[must_use]
    pub fn application_id(&self) -> String {
        if self.is_default {
            return config::APP_ID.to_owned();
        }
        let hash = Sha256::digest(self.dir.as_os_str().as_bytes());
        let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        format!("{}.Profile_{number:08x}", config::APP_ID)
    }

    /// The settings: the desktop's for the usual place, else a file in the profile.
    ///
    /// # Panics
    /// When the schema can neither be written nor is installed: a full disk at the very first start.
    #[must_use]
    pub fn settings(&self) -> gio::Settings {
        let schema = unpack_schema(&self.dir).expect("the settings schema is installed or can be written");
        if self.is_default {
            return gio::Settings::new_full(&schema, None::<&gio::SettingsBackend>, None);
        }
        let file = self.dir.join("settings.ini");
        let backend = gio::functions::keyfile_settings_backend_new(
            &file.to_string_lossy(),
            "/im/stonechat/Stonechat/",
            Some("general"),
        );
        gio::Settings::new_full(&schema, Some(&backend), None)
    }

    /// Holds the profile against other processes for as long as the file is open. `None`: another one holds it.
    pub fn lock(&self) -> io::Result<Option<File>> {
        fs::create_dir_all(&self.dir)?;
        let file = File::options().create(true).append(true).open(self.dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The schema as this program was built with it: nothing has to be installed, and an older one that is does no harm.
const SCHEMA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schemas/gschemas.compiled"));

/// GIO reads schemas from files only, so the built-in one is laid into the profile.
fn unpack_schema(dir: &Path) -> Option<gio::SettingsSchema> {
    let schemas = dir.join("schemas");
    let file = schemas.join("gschemas.compiled");
    if fs::read(&file).ok().as_deref() != Some(SCHEMA) {
        // Another process may be reading the old one: it is replaced, not changed.
        let fresh = schemas.join("gschemas.compiled.part");
        let written = fs::create_dir_all(&schemas)
            .and_then(|()| fs::write(&fresh, SCHEMA))
            .and_then(|()| fs::rename(&fresh, &file));
        if let Err(error) = written {
            log::warn!("{}: {error}", file.display());
        }
    }
    let installed = gio::SettingsSchemaSource::default();
    let source = gio::SettingsSchemaSource::from_directory(&schemas, installed.as_ref(), false).ok().or(installed)?;
    source.lookup(config::APP_ID, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_for_one_directory_are_one_profile() {
        let dir = tempfile::tempdir().unwrap();
        let id = |path: PathBuf| Profile::new(Some(path)).application_id();
        assert_eq!(id(dir.path().to_owned()), id(dir.path().join("x/..")));
        assert_ne!(id(dir.path().to_owned()), id(dir.path().join("y")));
        assert!(gio::Application::id_is_valid(&id(dir.path().to_owned())));
    }

    #[test]
    fn only_one_process_holds_a_profile() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::new(Some(dir.path().to_owned()));
        let held = profile.lock().unwrap();
        assert!(held.is_some());
        assert!(profile.lock().unwrap().is_none());
        drop(held);
        assert!(profile.lock().unwrap().is_some());
    }
}
