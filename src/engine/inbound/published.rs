//! What somebody publishes of themselves: their picture, what they call themselves, and to our own devices what was read.

use rusqlite::Connection;

use super::Inbound;
use crate::{
    engine::{
        effect::{AvatarNotice, AvatarSource, Scope},
        route::Routed,
    },
    ids::{AvatarHash, BareJid},
    store::{StoreError, account, contact},
    xmpp::{avatar, displayed, nickname, pubsub},
};

impl Inbound<'_> {
    pub(super) fn published(
        &mut self,
        store: &Connection,
        routed: &Routed<'_>,
        event: &pubsub::Event,
    ) -> Result<(), StoreError> {
        let Routed { peer, is_carbon: false, .. } = routed else { return Ok(()) };
        let newest = event.items.last().and_then(|item| item.payload.as_ref());
        let is_gone = event.is_emptied || (event.items.is_empty() && !event.retracted.is_empty());
        match event.node.as_str() {
            avatar::METADATA => {
                let hash = match newest.map(avatar::parse_metadata) {
                    Some(Ok(metadata)) => metadata.filter(|m| !m.is_remote).map(|m| m.hash),
                    None if is_gone => None,
                    Some(Err(())) | None => return Ok(()),
                };
                self.avatar(store, peer, hash)
            }
            nickname::NODE => match newest {
                Some(payload) => self.nickname(store, peer, nickname::parse_payload(payload).as_deref()),
                None if is_gone => self.nickname(store, peer, None),
                None => Ok(()),
            },
            // Private: nobody else can say what we have read (CVE-2023-28686).
            displayed::NODE if *peer == self.scope.address => self.synchronised(store, &event.items),
            _ => Ok(()),
        }
    }

    fn avatar(&mut self, store: &Connection, of: &BareJid, hash: Option<AvatarHash>) -> Result<(), StoreError> {
        // Whoever is not known here has no picture here either.
        let is_known = *of == self.scope.address || contact::find(store, self.scope.account, of)?.is_some();
        if is_known {
            self.effects.avatars.push(AvatarNotice {
                account: self.scope.account,
                address: of.clone(),
                source: AvatarSource::Pep,
                hash,
            });
        }
        Ok(())
    }

    fn nickname(&mut self, store: &Connection, of: &BareJid, nickname: Option<&str>) -> Result<(), StoreError> {
        let Scope { account, address, .. } = self.scope;
        if of == address {
            if account::by_id(store, *account)?.nickname.as_deref() != nickname {
                account::set_nickname(store, *account, nickname)?;
                self.effects.accounts.push(*account);
            }
        } else if contact::set_nickname(store, *account, of, nickname)? {
            self.effects.contact(*account, of);
        }
        Ok(())
    }

    /// XEP-0172 §4.2: somebody introduces themselves with their first message; afterwards PEP has the word.
    pub(super) fn nickname_of_stranger(&mut self, store: &Connection, routed: &Routed<'_>) -> Result<(), StoreError> {
        let Some(nickname) = &routed.message.nickname else { return Ok(()) };
        let is_nameless = contact::find(store, self.scope.account, &routed.peer)?
            .is_some_and(|contact| contact.name.is_none() && contact.nickname.is_none());
        if is_nameless { self.nickname(store, &routed.peer, Some(nickname)) } else { Ok(()) }
    }
}
