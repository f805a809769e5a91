//! Fetches what was announced: one picture at a time for each account, whatever a thousand contacts announce at once.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    mem,
};

use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::spawn_blocking,
};

use super::{
    file::{self, hash_of},
    picture::{self, Picture},
    record::{self, Verdict},
};
use crate::{
    engine::{
        api::{Event, Notice},
        context::AccountContext,
        effect::{AvatarNotice, AvatarSource, Effects},
    },
    ids::{AvatarHash, BareJid},
    store::{StoreError, avatar::AvatarRow},
    xmpp::{
        avatar, pubsub,
        session::{IqError, IqKind},
        vcard,
    },
};

/// So many announcements are judged in one go.
const BATCH: usize = 256;

/// One account's avatars. Works until it is dropped.
#[derive(Debug, Clone)]
pub struct Avatars {
    notices: UnboundedSender<Said>,
}

#[derive(Debug)]
enum Said {
    Announced(AvatarNotice),
    NewSession,
}

impl Avatars {
    /// Starts to work, in a task of its own. `own_changed` is called whenever our own picture has become another.
    pub fn start(context: AccountContext, own_changed: impl Fn() + Send + Sync + 'static) -> Self {
        let (notices, receiver) = mpsc::unbounded_channel();
        let worker = Worker {
            context,
            own_changed: Box::new(own_changed),
            queue: VecDeque::new(),
            wanted: HashMap::new(),
            in_vain: HashSet::new(),
        };
        tokio::spawn(worker.run(receiver));
        Self { notices }
    }

    /// Somebody has announced a picture, or that they have none.
    pub fn announced(&self, notice: AvatarNotice) {
        let _ = self.notices.send(Said::Announced(notice));
    }

    /// What failed may work now.
    pub fn new_session(&self) {
        let _ = self.notices.send(Said::NewSession);
    }
}

struct Worker {
    context: AccountContext,
    own_changed: Box<dyn Fn() + Send + Sync>,
    /// Whose picture is to be fetched, in order; which one says `wanted`, because only the latest counts.
    queue: VecDeque<BareJid>,
    wanted: HashMap<BareJid, AvatarNotice>,
    /// What somebody announced and did not have in this session.
    in_vain: HashSet<(BareJid, AvatarHash)>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Iq(#[from] IqError),
    #[error("there is none")]
    Nothing,
    #[error("it is not the one that was announced")]
    WrongHash,
    #[error("it can't be kept: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the worker has stopped")]
    Stopped,
}

/// Of what somebody announced in one way, the last: all of a batch is judged by what was there before it, so that an earlier one
/// could outlive the last.
fn latest(notices: Vec<AvatarNotice>) -> Vec<AvatarNotice> {
    let mut seen = HashSet::new();
    let mut latest: Vec<_> = notices
        .into_iter()
        .rev()
        .filter(|notice| seen.insert((notice.address.clone(), notice.source == AvatarSource::Pep)))
        .collect();
    latest.reverse();
    latest
}

impl Worker {
    async fn run(mut self, mut receiver: UnboundedReceiver<Said>) {
        let mut batch = Vec::new();
        loop {
            // The account has gone, and with it the session to ask.
            if receiver.is_closed() && receiver.is_empty() {
                return;
            }
            // Judge all that there is before the next fetch: it may be out of date by then.
            if self.queue.is_empty() || !receiver.is_empty() {
                if receiver.recv_many(&mut batch, BATCH).await == 0 {
                    return;
                }
                self.judge(mem::take(&mut batch)).await;
            } else if let Some(notice) = self.queue.pop_front().and_then(|next| self.wanted.remove(&next)) {
                self.fetch(notice).await;
            }
        }
    }

    async fn judge(&mut self, said: Vec<Said>) {
        let mut notices = Vec::new();
        for said in said {
            match said {
                Said::Announced(notice) => notices.push(notice),
                Said::NewSession => self.in_vain.clear(),
            }
        }
        let notices = latest(notices);
        let own = self.context.address.clone();
        let judged = self.context.shared.store.read(move |store| {
            notices
                .into_iter()
                .map(|notice| Ok((record::judge(store, &own, &notice)?, notice)))
                .collect::<Result<Vec<_>, StoreError>>()
        });
        match judged.await {
            Ok(judged) => {
                for (verdict, notice) in judged {
                    self.follow(verdict, notice).await;
                }
            }
            Err(error) => log::warn!("avatars are left as they are: {error}"),
        }
    }

    async fn follow(&mut self, verdict: Verdict, notice: AvatarNotice) {
        match verdict {
            Verdict::Ignore => {}
            Verdict::Keep => {
                self.wanted.remove(&notice.address);
                if let Err(error) = self.keep(notice, None).await {
                    log::warn!("an avatar is left as it is: {error}");
                }
            }
            Verdict::Fetch => {
                let tried =
                    notice.hash.as_ref().is_some_and(|h| self.in_vain.contains(&(notice.address.clone(), h.clone())));
                let waits_for_pep = self.wanted.get(&notice.address).is_some_and(|w| w.source == AvatarSource::Pep);
                if tried || (waits_for_pep && notice.source == AvatarSource::Vcard) {
                    return;
                }
                let address = notice.address.clone();
                if self.wanted.insert(address.clone(), notice).is_none() {
                    self.queue.push_back(address);
                }
            }
        }
    }

    async fn fetch(&mut self, notice: AvatarNotice) {
        let Some(hash) = notice.hash.clone() else { return };
        let address = notice.address.clone();
        let result = match self.download(&notice, &hash).await {
            Ok(bytes) => self.take_in(notice, hash.clone(), bytes).await,
            Err(failure) => Err(failure),
        };
        match result {
            // What was lost is announced again in the next session.
            Ok(()) | Err(Failure::Iq(IqError::Lost)) => {}
            Err(failure) => {
                if matches!(&failure, Failure::Io(error) if error.kind() == std::io::ErrorKind::StorageFull) {
                    self.context.shared.events.emit(Event::Notice(Notice::DiskFull));
                }
                log::info!("no avatar of {address}: {failure}");
                self.in_vain.insert((address, hash));
            }
        }
    }

    async fn download(&self, notice: &AvatarNotice, hash: &AvatarHash) -> Result<Vec<u8>, Failure> {
        let query = match notice.source {
            AvatarSource::Pep => pubsub::item(avatar::DATA, hash.as_str()),
            AvatarSource::Vcard => vcard::query(),
        };
        let to = notice.address.clone().into();
        let answer = self.context.session.iq(Some(to), IqKind::Get, query).await?.ok_or(Failure::Nothing)?;
        match notice.source {
            AvatarSource::Pep => pubsub::parse_items(&answer, avatar::DATA)
                .into_iter()
                .find_map(|item| avatar::parse_data(&item.payload?)),
            AvatarSource::Vcard => vcard::parse_photo(&answer),
        }
        .ok_or(Failure::Nothing)
    }

    async fn take_in(&self, notice: AvatarNotice, hash: AvatarHash, bytes: Vec<u8>) -> Result<(), Failure> {
        let data_dir = self.context.shared.data_dir.clone();
        let checked = spawn_blocking(move || check(&bytes, hash, |hash, png| file::write(&data_dir, hash, png)));
        let row = match checked.await {
            Ok(row) => row?,
            // A decoder that panics has been given something that is no picture.
            Err(error) if error.is_panic() => return Err(Failure::Nothing),
            Err(_) => return Err(Failure::Stopped),
        };
        self.keep(notice, Some(row)).await
    }

    async fn keep(&self, notice: AvatarNotice, fetched: Option<AvatarRow>) -> Result<(), Failure> {
        let (own, data_dir) = (self.context.address.clone(), self.context.shared.data_dir.clone());
        let kept = self
            .context
            .shared
            .store
            .write(move |store| record::keep(store, &own, &data_dir, &notice, fetched.as_ref()));
        let Effects { events, accounts, .. } = kept.await?;
        self.context.shared.events.emit_all(events);
        if !accounts.is_empty() {
            (self.own_changed)();
        }
        Ok(())
    }
}

/// Whether these bytes are what was announced, and a picture; then it is written to its file.
///
/// What has the right hash and is no picture never becomes one, so that is worth remembering. What has the wrong hash says
/// something of whoever sent it, and nothing of the hash.
fn check<T>(
    bytes: &[u8],
    hash: AvatarHash,
    write: impl FnOnce(&AvatarHash, &[u8]) -> std::io::Result<T>,
) -> Result<AvatarRow, Failure> {
    if hash_of(bytes).as_ref() != Some(&hash) {
        return Err(Failure::WrongHash);
    }
    let mime = picture::media_type(bytes).to_owned();
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    match picture::for_showing(bytes) {
        Ok(Picture { png, width, height }) => {
            write(&hash, &png)?;
            Ok(AvatarRow { hash, mime, size, width, height, is_usable: true })
        }
        Err(error) => {
            log::info!("avatar {}: {error}", hash.as_str());
            Ok(AvatarRow { hash, mime, size, width: 0, height: 0, is_usable: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::{super::picture::samples, *};

    fn checked(bytes: &[u8], hash: AvatarHash) -> (Result<AvatarRow, Failure>, bool) {
        let mut written = false;
        let row = check(bytes, hash, |_, _| {
            written = true;
            Ok(())
        });
        (row, written)
    }

    #[test]
    fn of_what_somebody_announces_at_once_the_last_counts() {
        let notice = |who: &str, source, hash: Option<&[u8]>| AvatarNotice {
            account: crate::ids::AccountId(1),
            address: BareJid::new(who).unwrap(),
            source,
            hash: hash.and_then(hash_of),
        };
        let old = notice("alice@chat.test", AvatarSource::Pep, Some(b"old"));
        let none = notice("alice@chat.test", AvatarSource::Pep, None);
        let card = notice("alice@chat.test", AvatarSource::Vcard, Some(b"card"));
        let other = notice("bob@chat.test", AvatarSource::Pep, Some(b"old"));
        let all = vec![old.clone(), card.clone(), other.clone(), none.clone()];
        assert_eq!(latest(all), [card, other, none.clone()]);
        assert_eq!(latest(vec![none, old.clone()]), [old]);
    }

    #[test]
    fn what_is_not_what_was_announced_is_refused_and_not_held_against_the_hash() {
        let picture = samples::encoded(8, 8, ImageFormat::Png);
        let (row, written) = checked(&picture, hash_of(b"another").unwrap());
        assert!(matches!(row, Err(Failure::WrongHash)) && !written);
    }

    #[test]
    fn what_was_announced_and_is_no_picture_is_remembered_as_that() {
        for bytes in [b"<html>".to_vec(), samples::claiming(30_000, 30_000)] {
            let (row, written) = checked(&bytes, hash_of(&bytes).unwrap());
            assert!(!row.unwrap().is_usable && !written);
        }
    }

    #[test]
    fn a_picture_is_written_before_it_is_known() {
        let picture = samples::encoded(8, 8, ImageFormat::Gif);
        let (row, written) = checked(&picture, hash_of(&picture).unwrap());
        let row = row.unwrap();
        assert!(row.is_usable && written);
        assert_eq!((row.mime.as_str(), row.width), ("image/gif", 8));
        let full = check(&picture, hash_of(&picture).unwrap(), |_, _| -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        });
        assert!(matches!(full, Err(Failure::Io(_))));
    }
}
