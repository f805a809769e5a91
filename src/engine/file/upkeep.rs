//! What is let go: files that could be had again, and those that are nobody's.

use std::time::Duration;

use super::{disk, outcome::changed};
use crate::{
    engine::{context::Shared, effect::Effects},
    store::{StoreError, attachment},
};

/// A file that was written so long ago and that no row names is nobody's.
const SETTLED: Duration = Duration::from_hours(1);

/// Lets go of files until no more than `limit` bytes of those that could be had again are here, and tells of it.
///
/// # Errors
/// What the store says.
pub async fn trim(shared: &Shared, limit: u64) -> Result<(), StoreError> {
    let trimmed = shared.change(move |store, _| {
        let (messages, unused) = attachment::evict(store, limit)?;
        let mut effects = Effects::default();
        for message in messages {
            effects.merge(changed(store, message)?);
        }
        Ok((unused, effects))
    });
    remove(shared, trimmed.await?).await;
    Ok(())
}

async fn remove(shared: &Shared, unused: Vec<String>) {
    let data_dir = shared.data_dir.clone();
    let _ = tokio::task::spawn_blocking(move || unused.iter().for_each(|file| disk::remove(&data_dir, file))).await;
}

/// Removes the files that no message has any more, once in each run.
pub async fn tidy(shared: &Shared) {
    let data_dir = shared.data_dir.clone();
    let Ok(files) = tokio::task::spawn_blocking(move || disk::all(&data_dir, SETTLED)).await else { return };
    let unused = shared.store.read(move |store| {
        let mut unused = Vec::new();
        for file in files {
            if !attachment::is_kept(store, &file)? {
                unused.push(file);
            }
        }
        Ok(unused)
    });
    match unused.await {
        Ok(unused) => remove(shared, unused).await,
        Err(error) => log::warn!("old files stay: {error}"),
    }
}
