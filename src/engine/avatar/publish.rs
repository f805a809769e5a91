//! Our own avatar (XEP-0084 §3): the picture first, then the word of it.

use tokio::task::spawn_blocking;

use super::{
    file::{self, hash_of},
    picture::{self, Picture, PictureError},
};
use crate::{
    engine::{
        api::{CommandError, Event, Notice},
        context::{AccountContext, Shared},
        question::refused,
    },
    ids::AvatarHash,
    store::{
        account,
        avatar::{self as stored, AvatarRow},
    },
    xmpp::{
        avatar::{self, Metadata},
        pubsub,
        session::IqKind,
        xml::Element,
    },
};

const PNG: &str = "image/png";

struct Own {
    hash: AvatarHash,
    /// What goes out.
    published: Picture,
    /// What the window shows.
    shown: Picture,
}

/// Publishes a picture in any format that can be read, or that there is none. The account's row has changed when this
/// returns `Ok`; what others announce of it afterwards is no news.
///
/// # Errors
/// `BadImage`, what the server says, or what the disk says.
pub async fn publish(context: &AccountContext, image: Option<Vec<u8>>) -> Result<(), CommandError> {
    let metadata = match image {
        Some(bytes) => Some(publish_data(context, prepare(bytes).await?).await?),
        None => None,
    };
    let hash = metadata.as_ref().map(|metadata| metadata.hash.clone());
    let word = avatar::build_metadata(metadata.as_ref());
    set(context, pubsub::publish(avatar::METADATA, hash.as_ref().map(AvatarHash::as_str), word, None)).await?;
    let id = context.id;
    let written = context.shared.store.write(move |store| account::set_avatar(store, id, hash.as_ref()));
    written.await.map_err(|error| context.shared.failed(error))
}

/// Keeps the picture before anybody hears of it, so that our own announcement finds it here.
async fn publish_data(context: &AccountContext, own: Own) -> Result<Metadata, CommandError> {
    let metadata = metadata_of(&own);
    let data = avatar::build_data(&own.published.png);
    let row = write(&context.shared, own).await?;
    let written = context.shared.store.write(move |store| stored::put(store, &row));
    written.await.map_err(|error| context.shared.failed(error))?;
    set(context, pubsub::publish(avatar::DATA, Some(metadata.hash.as_str()), data, None)).await?;
    Ok(metadata)
}

async fn prepare(bytes: Vec<u8>) -> Result<Own, CommandError> {
    let prepared = spawn_blocking(move || {
        let published = picture::for_publishing(&bytes)?;
        let shown = picture::for_showing(&published.png)?;
        Ok::<_, PictureError>((published, shown))
    });
    match prepared.await {
        Ok(Ok((published, shown))) => {
            let hash = hash_of(&published.png).ok_or(CommandError::BadImage)?;
            Ok(Own { hash, published, shown })
        }
        Ok(Err(error)) => {
            log::info!("not published: {error}");
            Err(CommandError::BadImage)
        }
        // A decoder that panics has been given something that is no picture.
        Err(error) if error.is_panic() => Err(CommandError::BadImage),
        Err(_) => Err(CommandError::Stopped),
    }
}

fn metadata_of(own: &Own) -> Metadata {
    Metadata {
        hash: own.hash.clone(),
        mime: PNG.to_owned(),
        size: own.published.png.len() as u64,
        width: Some(own.published.width),
        height: Some(own.published.height),
        is_remote: false,
    }
}

async fn write(shared: &Shared, own: Own) -> Result<AvatarRow, CommandError> {
    let data_dir = shared.data_dir.clone();
    let Own { hash, published, shown } = own;
    let size = u32::try_from(published.png.len()).unwrap_or(u32::MAX);
    let row = AvatarRow { hash, mime: PNG.to_owned(), size, width: shown.width, height: shown.height, is_usable: true };
    let written = spawn_blocking(move || file::write(&data_dir, &row.hash, &shown.png).map(|_| row));
    match written.await {
        Ok(Ok(row)) => Ok(row),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::StorageFull => {
            shared.events.emit(Event::Notice(Notice::DiskFull));
            Err(CommandError::DiskFull)
        }
        Ok(Err(error)) => Err(CommandError::Store(error.to_string())),
        Err(_) => Err(CommandError::Stopped),
    }
}

async fn set(context: &AccountContext, payload: Element) -> Result<(), CommandError> {
    context.session.iq(None, IqKind::Set, payload).await.map_err(refused)?;
    Ok(())
}
