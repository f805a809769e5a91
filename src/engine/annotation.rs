//! What stands with messages when the window gets them: edited, taken back, reactions, what they answer, what is said of their
//! links.

use rusqlite::Connection;

use super::{
    api::{Annotations, AttachmentKind, BareJid, Message, MessageId, Quote, Reaction},
    link_preview,
};
use crate::store::{
    StoreError, amendment,
    annotation::{self, Annotation, Reply},
    attachment, message,
};

/// So much of what is answered is shown.
const EXCERPT: usize = 200;

/// Adds to messages what stands with them, read at once for all.
pub fn annotate<'m>(store: &Connection, messages: impl IntoIterator<Item = &'m mut Message>) -> Result<(), StoreError> {
    let mut messages: Vec<_> = messages.into_iter().collect();
    let ids: Vec<MessageId> = messages.iter().map(|message| message.cursor.id).collect();
    let mut found = annotation::of(store, &ids)?;
    if found.is_empty() {
        return Ok(());
    }
    // They are of one conversation, or of a few.
    let mut owner = None;
    for message in &mut messages {
        let Some(known) = found.remove(&message.cursor.id) else { continue };
        let own = match owner.take() {
            Some((conversation, own)) if conversation == message.conversation => own,
            _ => annotation::own_address(store, message.conversation)?.ok_or(StoreError::NotFound)?,
        };
        let Annotation { edited_at, is_retracted, reactions, reply, held_until, mut links } = known;
        link_preview::without_strangers_pictures(store, message, &mut links)?;
        let quote = reply.map(|reply| quote(store, message, reply, &own)).transpose()?;
        let reactions = gathered(reactions, &own);
        message.annotations = Annotations { edited_at, is_retracted, reactions, quote, held_until, links };
        owner = Some((message.conversation, own));
    }
    Ok(())
}

/// The same emoji of several people as one, by when it came first.
fn gathered(reactions: Vec<(BareJid, Vec<String>)>, own: &BareJid) -> Vec<Reaction> {
    let mut gathered: Vec<Reaction> = Vec::new();
    for (sender, emoji) in reactions {
        for emoji in emoji {
            let known = gathered.iter().position(|reaction| reaction.emoji == emoji);
            let place = known.unwrap_or_else(|| {
                gathered.push(Reaction { emoji, by: Vec::new(), is_own: false });
                gathered.len() - 1
            });
            let reaction = &mut gathered[place];
            reaction.is_own |= sender == *own;
            reaction.by.push(sender.clone());
        }
    }
    gathered
}

fn quote(store: &Connection, message: &Message, reply: Reply, own: &BareJid) -> Result<Quote, StoreError> {
    let target = amendment::find_target(store, message.conversation, &reply.target_id, None)?;
    let Some(target) = target.filter(|target| *target != message.cursor.id) else {
        let is_own = reply.author.as_ref() == Some(own);
        return Ok(Quote {
            message: None,
            sender: reply.author,
            is_own,
            text: excerpt(&reply.quote),
            file: None,
            is_spoiler: false,
            is_retracted: false,
        });
    };
    let row = message::by_id(store, target)?;
    let is_retracted = amendment::is_retracted(store, target)?;
    let is_own = row.is_outgoing();
    // Of a file its address says nothing to anybody.
    let is_spoiler = row.format.spoiler.is_some();
    let (text, file) = match attachment::find(store, target)? {
        _ if is_spoiler => (row.format.spoiler.unwrap_or_default(), None),
        Some(file) => (file.caption, Some((AttachmentKind::of(&file.media_type), file.name))),
        None => (row.body, None),
    };
    Ok(Quote {
        message: Some(target),
        sender: Some(row.sender),
        is_own,
        text: excerpt(&text),
        file,
        is_spoiler,
        is_retracted,
    })
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}
