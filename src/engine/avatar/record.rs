//! What the store knows of avatars, and what an announcement means in the light of it. Parts of a transaction.

use std::path::Path;

use rusqlite::Connection;

use super::file;
use crate::{
    engine::{
        api::{Avatar, Event},
        effect::{AvatarNotice, AvatarSource, Effects},
    },
    ids::{AvatarHash, BareJid},
    store::{
        StoreError, account,
        avatar::{self, AvatarRow},
        contact,
    },
};

/// What is to be done about an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing new, or nothing for us.
    Ignore,
    /// The picture is here already (or known to be no good, or there is none): only who has it is to be written down.
    Keep,
    Fetch,
}

/// Judges an announcement; reads only.
pub fn judge(store: &Connection, own: &BareJid, notice: &AvatarNotice) -> Result<Verdict, StoreError> {
    let Some(current) = current(store, own, notice)? else { return Ok(Verdict::Ignore) };
    let before = current.as_ref().map(|(hash, _)| hash);
    // Who has a PEP avatar may have another in an old vCard, which then does not count.
    if notice.source == AvatarSource::Vcard
        && before != notice.hash.as_ref()
        && matches!(current, Some((_, AvatarSource::Pep)))
    {
        return Ok(Verdict::Ignore);
    }
    let Some(hash) = &notice.hash else {
        return Ok(if before.is_none() { Verdict::Ignore } else { Verdict::Keep });
    };
    let is_known = avatar::find(store, hash)?.is_some();
    Ok(match (is_known, before == Some(hash)) {
        (false, _) => Verdict::Fetch,
        (true, false) => Verdict::Keep,
        // The same picture, now announced in the better way.
        (true, true) if notice.source == AvatarSource::Pep && source(current.as_ref()) != AvatarSource::Pep => {
            Verdict::Keep
        }
        (true, true) => Verdict::Ignore,
    })
}

/// Writes down whose picture it is, and with `fetched` the picture itself.
pub fn keep(
    store: &Connection,
    own: &BareJid,
    data_dir: &Path,
    notice: &AvatarNotice,
    fetched: Option<&AvatarRow>,
) -> Result<Effects, StoreError> {
    let AvatarNotice { account, address, source, hash } = notice;
    if let Some(row) = fetched {
        avatar::put(store, row)?;
    }
    let mut effects = Effects::default();
    if address == own {
        account::set_avatar(store, *account, hash.as_ref())?;
        effects.accounts.push(*account);
    } else if contact::set_avatar(store, *account, address, hash.as_ref().map(|hash| (hash, *source)))?
        || fetched.is_some()
    {
        let avatar = usable(store, data_dir, hash.as_ref())?;
        effects.events.push(Event::AvatarChanged { account: *account, address: address.clone(), avatar });
    }
    Ok(effects)
}

fn usable(store: &Connection, data_dir: &Path, hash: Option<&AvatarHash>) -> Result<Option<Avatar>, StoreError> {
    let Some(hash) = hash else { return Ok(None) };
    let is_usable = avatar::find(store, hash)?.is_some_and(|row| row.is_usable);
    Ok(is_usable.then(|| Avatar { path: file::path(data_dir, hash), hash: hash.clone() }))
}

type Announced = Option<(AvatarHash, AvatarSource)>;

/// What was announced before; the outer `None` for somebody who is not known here.
fn current(store: &Connection, own: &BareJid, notice: &AvatarNotice) -> Result<Option<Announced>, StoreError> {
    if notice.address == *own {
        let hash = account::by_id(store, notice.account)?.avatar_hash;
        return Ok(Some(hash.map(|hash| (hash, AvatarSource::Pep))));
    }
    Ok(contact::find(store, notice.account, &notice.address)?.map(|contact| contact.avatar))
}

fn source(announced: Option<&(AvatarHash, AvatarSource)>) -> AvatarSource {
    announced.map_or(AvatarSource::Vcard, |(_, source)| *source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{ALICE, BOB, Fixture, jid},
        store::contact::Subscription,
    };

    const DIR: &str = "/profile";

    fn hash(digit: char) -> AvatarHash {
        AvatarHash::parse(&digit.to_string().repeat(40)).unwrap()
    }

    fn row(digit: char, is_usable: bool) -> AvatarRow {
        AvatarRow { hash: hash(digit), mime: "image/png".to_owned(), size: 9, width: 1, height: 1, is_usable }
    }

    fn notice(fixture: &Fixture, who: &str, source: AvatarSource, digit: Option<char>) -> AvatarNotice {
        AvatarNotice { account: fixture.scope.account, address: jid(who), source, hash: digit.map(hash) }
    }

    fn judged(fixture: &Fixture, notice: &AvatarNotice) -> Verdict {
        judge(&fixture.store, &jid(ALICE), notice).unwrap()
    }

    fn kept(fixture: &Fixture, notice: &AvatarNotice, fetched: Option<&AvatarRow>) -> Effects {
        keep(&fixture.store, &jid(ALICE), Path::new(DIR), notice, fetched).unwrap()
    }

    fn shown(effects: &Effects) -> Option<String> {
        let [Event::AvatarChanged { avatar, .. }] = &effects.events[..] else { panic!("{effects:?}") };
        avatar.as_ref().map(|avatar| avatar.path.display().to_string())
    }

    #[test]
    fn a_picture_is_fetched_once_and_shared_by_those_who_have_it() {
        let fixture = Fixture::new();
        for who in [BOB, "carol@chat.test"] {
            fixture.befriend(who, Subscription::Both);
        }
        let bobs = notice(&fixture, BOB, AvatarSource::Pep, Some('a'));
        assert_eq!(judged(&fixture, &bobs), Verdict::Fetch);
        let path = format!("{DIR}/avatars/{}.png", "a".repeat(40));
        assert_eq!(shown(&kept(&fixture, &bobs, Some(&row('a', true)))), Some(path.clone()));
        assert_eq!(judged(&fixture, &bobs), Verdict::Ignore);
        let carols = notice(&fixture, "carol@chat.test", AvatarSource::Vcard, Some('a'));
        assert_eq!(judged(&fixture, &carols), Verdict::Keep);
        assert_eq!(shown(&kept(&fixture, &carols, None)), Some(path));
    }

    #[test]
    fn a_hash_that_is_known_to_be_bad_is_not_fetched_again() {
        let fixture = Fixture::new();
        fixture.befriend(BOB, Subscription::Both);
        let bad = notice(&fixture, BOB, AvatarSource::Pep, Some('b'));
        assert_eq!(shown(&kept(&fixture, &bad, Some(&row('b', false)))), None);
        assert_eq!(judged(&fixture, &bad), Verdict::Ignore);
    }

    #[test]
    fn nobody_who_is_not_known_has_a_picture() {
        let fixture = Fixture::new();
        assert_eq!(judged(&fixture, &notice(&fixture, BOB, AvatarSource::Vcard, Some('a'))), Verdict::Ignore);
    }

    #[test]
    fn an_old_vcard_does_not_replace_a_pep_avatar_and_pep_replaces_a_vcard() {
        let fixture = Fixture::new();
        fixture.befriend(BOB, Subscription::Both);
        let [pep, vcard] = [AvatarSource::Pep, AvatarSource::Vcard];
        kept(&fixture, &notice(&fixture, BOB, vcard, Some('a')), Some(&row('a', true)));
        assert_eq!(judged(&fixture, &notice(&fixture, BOB, vcard, Some('b'))), Verdict::Fetch);
        assert_eq!(judged(&fixture, &notice(&fixture, BOB, pep, Some('a'))), Verdict::Keep);
        kept(&fixture, &notice(&fixture, BOB, pep, Some('a')), None);
        for digit in [Some('a'), Some('b'), None] {
            assert_eq!(judged(&fixture, &notice(&fixture, BOB, vcard, digit)), Verdict::Ignore, "{digit:?}");
        }
        assert_eq!(judged(&fixture, &notice(&fixture, BOB, pep, Some('b'))), Verdict::Fetch);
    }

    #[test]
    fn a_picture_that_was_taken_away_is_shown_no_more() {
        let fixture = Fixture::new();
        fixture.befriend(BOB, Subscription::Both);
        let none = notice(&fixture, BOB, AvatarSource::Pep, None);
        assert_eq!(judged(&fixture, &none), Verdict::Ignore);
        kept(&fixture, &notice(&fixture, BOB, AvatarSource::Pep, Some('a')), Some(&row('a', true)));
        assert_eq!(judged(&fixture, &none), Verdict::Keep);
        assert_eq!(shown(&kept(&fixture, &none, None)), None);
    }

    #[test]
    fn our_own_picture_from_another_device_is_ours() {
        let fixture = Fixture::new();
        let ours = notice(&fixture, ALICE, AvatarSource::Pep, Some('a'));
        assert_eq!(judged(&fixture, &ours), Verdict::Fetch);
        assert_eq!(kept(&fixture, &ours, Some(&row('a', true))).accounts, [fixture.scope.account]);
        assert_eq!(judged(&fixture, &ours), Verdict::Ignore);
        let none = notice(&fixture, ALICE, AvatarSource::Pep, None);
        kept(&fixture, &none, None);
        assert_eq!(account::by_id(&fixture.store, fixture.scope.account).unwrap().avatar_hash, None);
    }
}
