//! What is said of links: which of it may be shown, and what we say ourselves.
//!
//! A page is asked only by whoever sends its link, and only where they want that; what stands in a message is all that its
//! receiver has, and it may be a lie. So it is shown only beside the link that it is about, which the person sees in the text,
//! and can neither turn around nor hide what stands beside it.
//!
//! | file | duty |
//! |---|---|
//! | `html` | what a page's head says |
//! | `picture` | the small picture |
//! | `fetch` | asks a page |

pub mod fetch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod html;
pub mod picture;

use rusqlite::Connection;

use super::api::Message;
use crate::{
    http::Url,
    links,
    plain_text::one_line,
    store::{StoreError, contact, conversation, link_preview::LinkPreview},
    xmpp::{
        incoming::IncomingMessage,
        link_metadata::{self, LinkMetadata, Picture},
    },
};

/// So many links of one message have a preview.
const MAX_PREVIEWS: usize = 3;
/// So many links of a text are looked at.
const MAX_LINKS: usize = 20;
/// The longest texts, in characters.
const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 500;
const MAX_SITE: usize = 80;

/// What a message says of the links in its text, in their order there.
#[must_use]
pub fn received(message: &IncomingMessage) -> Vec<LinkPreview> {
    let IncomingMessage { body: Some(body), links: said, file: None, .. } = message else { return Vec::new() };
    let said = said.iter().map(|about| LinkPreview {
        url: about.url.clone(),
        title: about.title.clone(),
        description: about.description.clone(),
        site: about.site.clone(),
        picture: about.picture.as_ref().map(|picture| picture.bytes.clone()),
    });
    fitting(body, said.collect())
}

/// What may be said of the links in a text: of each once, in their order there, and nothing of other links.
#[must_use]
pub fn fitting(text: &str, mut said: Vec<LinkPreview>) -> Vec<LinkPreview> {
    if said.is_empty() {
        return said;
    }
    let links = links::find(text, MAX_LINKS).into_iter().filter(|link| is_web(link));
    let previews = links.filter_map(|link| {
        let about = said.iter().position(|about| is_same(&about.url, &link))?;
        shown(link, said.remove(about))
    });
    previews.take(MAX_PREVIEWS).collect()
}

/// The first link of a text of which a page can be asked.
#[must_use]
pub fn first_link(text: &str) -> Option<String> {
    links::find(text, MAX_LINKS).into_iter().find(|link| is_web(link))
}

/// What fits into so many bytes of a stanza: with less room a preview has no picture, or is left out.
#[must_use]
pub fn within(previews: Vec<LinkPreview>, mut room: usize) -> Vec<LinkPreview> {
    let fits = |preview: LinkPreview| {
        let bare = LinkPreview { picture: None, ..preview.clone() };
        let fitting = [preview, bare].into_iter().find_map(|preview| {
            let length = String::from(&link_metadata::build(&said(&preview))).len();
            (length <= room).then_some((preview, length))
        });
        let (preview, length) = fitting?;
        room -= length;
        Some(preview)
    };
    previews.into_iter().filter_map(fits).collect()
}

/// A preview as a message says it.
#[must_use]
pub fn said(preview: &LinkPreview) -> LinkMetadata {
    let picture = preview.picture.clone();
    LinkMetadata {
        url: preview.url.clone(),
        title: preview.title.clone(),
        description: preview.description.clone(),
        site: preview.site.clone(),
        picture: picture.map(|bytes| Picture { media_type: media_type(&bytes).to_owned(), bytes }),
    }
}

/// A stranger's pictures are not shown: nobody has asked to see them.
pub fn without_strangers_pictures(
    store: &Connection,
    message: &Message,
    previews: &mut [LinkPreview],
) -> Result<(), StoreError> {
    if message.is_outgoing || previews.iter().all(|preview| preview.picture.is_none()) {
        return Ok(());
    }
    let account = conversation::by_id(store, message.conversation)?.account;
    if !contact::find(store, account, &message.sender)?.is_some_and(|contact| contact.in_roster) {
        for preview in previews {
            preview.picture = None;
        }
    }
    Ok(())
}

fn media_type(bytes: &[u8]) -> &'static str {
    super::avatar::picture::media_type(bytes)
}

fn shown(url: String, about: LinkPreview) -> Option<LinkPreview> {
    let preview = LinkPreview {
        url,
        title: line(&about.title, MAX_TITLE),
        description: line(&about.description, MAX_DESCRIPTION),
        site: line(&about.site, MAX_SITE),
        picture: about.picture.filter(|bytes| bytes.len() <= link_metadata::MAX_PICTURE && picture::is_fine(bytes)),
    };
    let says_something = !preview.title.is_empty() || !preview.description.is_empty();
    says_something.then_some(preview)
}

fn line(text: &str, limit: usize) -> String {
    let cut: String = one_line(text).chars().take(limit).collect();
    // What was cut may end in what is nothing without the rest.
    one_line(&cut).into_owned()
}

fn is_web(link: &str) -> bool {
    Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether two links lead to the same, however they are written.
fn is_same(one: &str, other: &str) -> bool {
    one == other || Url::parse(one).is_ok_and(|one| Url::parse(other).is_ok_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{
            avatar::picture::samples::encoded,
            fixture::{BOB, Fixture},
        },
        store::contact::Subscription,
        xmpp::file_sharing::SharedFile,
    };
    use image::ImageFormat;

    fn message(body: &str, about: &[&str]) -> IncomingMessage {
        let about = about.iter().map(|url| LinkMetadata {
            url: (*url).to_owned(),
            title: format!("Of {url}"),
            ..LinkMetadata::default()
        });
        IncomingMessage { body: Some(body.to_owned()), links: about.collect(), ..IncomingMessage::default() }
    }

    fn urls(message: &IncomingMessage) -> Vec<String> {
        received(message).into_iter().map(|preview| preview.url).collect()
    }

    #[test]
    fn only_what_is_about_a_link_in_the_text_is_shown() {
        for (body, about, expected) in [
            ("see https://a.example/x.", "https://a.example/x", &["https://a.example/x"][..]),
            ("see https://a.example", "HTTPS://A.example:443/", &["https://a.example"]),
            ("see https://a.example/x", "https://a.example/", &[]),
            ("see https://a.example", "https://evil.example", &[]),
            ("see https://a.example/x", "https://a.example/x#y", &[]),
            ("no link", "https://a.example", &[]),
            ("xmpp:a@b.example", "xmpp:a@b.example", &[]),
            ("mailto:a@b.example", "mailto:a@b.example", &[]),
        ] {
            assert_eq!(urls(&message(body, &[about])), expected, "{body} {about}");
        }
        let all = ["https://d.example", "https://c.example", "https://b.example", "https://a.example"];
        let body = "https://a.example https://b.example https://c.example https://d.example";
        assert_eq!(urls(&message(body, &all)), ["https://a.example", "https://b.example", "https://c.example"]);
        let file = Some(SharedFile { url: all[0].to_owned(), ..SharedFile::default() });
        assert!(urls(&IncomingMessage { file, ..message(all[0], &all) }).is_empty());
    }

    #[test]
    fn texts_are_single_lines_that_turn_nothing_around() {
        let about = LinkMetadata {
            url: "https://a.example".to_owned(),
            title: " Bob\u{202e}s\n\u{200b} page\u{7} ".to_owned(),
            description: "word ".repeat(1_000),
            site: "\u{200b}".to_owned(),
            picture: None,
        };
        let with = |about| IncomingMessage { links: vec![about], ..message("https://a.example", &[]) };
        let found = received(&with(about.clone())).remove(0);
        assert_eq!((found.title.as_str(), found.site.as_str()), ("Bobs page", ""));
        assert_eq!(found.description.chars().count(), MAX_DESCRIPTION - 1, "and no space at the end");
        let silent = LinkMetadata { title: "\u{2800}".to_owned(), description: "\n".to_owned(), ..about };
        assert_eq!(received(&with(silent)), []);
    }

    fn preview(picture: Option<Vec<u8>>) -> LinkPreview {
        let (url, title) = ("https://a.example".to_owned(), "A".to_owned());
        LinkPreview { url, title, picture, ..LinkPreview::default() }
    }

    #[test]
    fn only_a_picture_is_taken_for_one() {
        let png = encoded(30, 20, ImageFormat::Png);
        for (bytes, is_kept) in [(png.clone(), true), (b"<svg/>".to_vec(), false), (vec![0; 20_000], false)] {
            let found = fitting("https://a.example", vec![preview(Some(bytes))]);
            assert_eq!(found[0].picture.is_some(), is_kept);
        }
        let made = said(&preview(Some(png)));
        assert_eq!(made.picture.unwrap().media_type, "image/png");
    }

    #[test]
    fn where_there_is_no_room_the_picture_stays_here_and_then_the_rest() {
        let with = preview(Some(vec![7; 3_000]));
        let bare = preview(None);
        for (room, expected) in [(10_000, vec![with.clone()]), (3_000, vec![bare]), (20, vec![])] {
            assert_eq!(within(vec![with.clone()], room), expected, "{room}");
        }
        let two = within(vec![with.clone(), with.clone()], 5_000);
        assert_eq!(two.iter().map(|preview| preview.picture.is_some()).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn strangers_show_no_pictures() {
        let fixture = Fixture::new();
        let shown = |who: &str| {
            let about = LinkMetadata {
                url: "https://a.example".to_owned(),
                ..said(&preview(Some(encoded(30, 20, ImageFormat::Png))))
            };
            let seen =
                fixture.receive(&[IncomingMessage { links: vec![about], ..fixture.from(who, "https://a.example") }]);
            seen.stored[0].annotations.links[0].picture.is_some()
        };
        fixture.befriend(BOB, Subscription::Both);
        assert!(shown(BOB) && !shown("mallory@chat.test"));
    }
}
