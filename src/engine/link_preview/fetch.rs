//! Asks a page what it is, for somebody who is about to send its link.
//!
//! Whoever made the page learns that the link is about to be sent, and from where: the engine asks only where the person has
//! said that it may. A page is hostile, and so may the link be that somebody was made to paste: nothing but public addresses
//! are spoken to, whatever names and redirects say (see [`crate::http`]).

use std::{sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::timeout};

use super::{fitting, html, picture};
use crate::{
    engine::{
        api::{CommandError, Reply},
        context::Shared,
    },
    http::{self, Client, Download, HttpError, OwnHosts},
    store::link_preview::LinkPreview,
};

/// How much of a page is read; a head that is longer says what it says until there.
pub const PAGE_BYTES: usize = 512 * 1024;
/// The largest picture that is looked at.
pub const PICTURE_BYTES: usize = 1024 * 1024;
/// How long a page may take, and then its picture.
const PATIENCE: Duration = Duration::from_secs(10);

const TITLES: [&str; 2] = ["og:title", "twitter:title"];
const DESCRIPTIONS: [&str; 3] = ["og:description", "twitter:description", "description"];
const PICTURES: [&str; 4] = ["og:image:secure_url", "og:image", "og:image:url", "twitter:image"];

/// Begins to ask the page behind a link what it is, where the person wants that; given up when nobody waits any more.
pub fn start(shared: &Arc<Shared>, link: String, mut reply: Reply<Result<Option<LinkPreview>, CommandError>>) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::select! {
            found = asked(&shared, &link) => reply.send(Ok(found)),
            () = reply.abandoned() => {}
        }
    });
}

async fn asked(shared: &Shared, link: &str) -> Option<LinkPreview> {
    if !shared.choices.link_previews() {
        return None;
    }
    let trust = Arc::clone(&shared.trust);
    let tls = spawn_blocking(move || trust.client_config(None)).await.ok()?;
    // Not even one's own server is asked where only this machine can reach it: a page is no file of the account.
    let client =
        Client::new(tls.inspect_err(|problem| log::warn!("no previews: {problem}")).ok()?, OwnHosts::default());
    preview(&client, link).await
}

/// What there is to be said of a link, if anything. The client must know no hosts of its own.
pub async fn preview(client: &Client, link: &str) -> Option<LinkPreview> {
    let page = match timeout(PATIENCE, page(client, link)).await {
        Ok(Ok(page)) => page?,
        Ok(Err(error)) => {
            log::info!("a link has no preview: {error}");
            return None;
        }
        Err(_) => return None,
    };
    let picture = match &page.picture {
        Some(address) => timeout(PATIENCE, small_picture(client, address)).await.ok().flatten(),
        None => None,
    };
    fitting(link, vec![LinkPreview { picture, ..page.preview }]).pop()
}

/// What a page says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub preview: LinkPreview,
    /// Where its picture is.
    pub picture: Option<http::Url>,
}

async fn page(client: &Client, link: &str) -> Result<Option<Page>, HttpError> {
    let url = http::parse(link).ok_or(HttpError::Forbidden)?;
    let mut download = client.get(&url, 0).await?;
    let content_type = download.content_type.clone().unwrap_or_default();
    if !is_page(&content_type) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    while let Some(piece) = download.piece().await? {
        let looked = bytes.len();
        bytes.extend_from_slice(&piece);
        bytes.truncate(PAGE_BYTES);
        if bytes.len() == PAGE_BYTES || html::is_whole(&bytes, looked) {
            break;
        }
    }
    let (link, from) = (link.to_owned(), download.url.clone());
    drop(download);
    let read = spawn_blocking(move || {
        let text = html::decode(&bytes, html::declared(&content_type))?;
        Some(said(&html::read(&text), link, &from))
    });
    Ok(read.await.ok().flatten())
}

pub(super) fn said(head: &html::Head, link: String, from: &http::Url) -> Page {
    let title = head.meta(&TITLES).unwrap_or(&head.title).to_owned();
    let description = head.meta(&DESCRIPTIONS).unwrap_or_default().to_owned();
    let site = head.meta(&["og:site_name"]).unwrap_or_default().to_owned();
    let picture = head.meta(&PICTURES).and_then(|address| from.join(address).ok());
    let picture = picture.and_then(|address| http::parse(address.as_str()));
    Page { preview: LinkPreview { url: link, title, description, site, picture: None }, picture }
}

fn is_page(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|page| media_type.eq_ignore_ascii_case(page))
}

async fn small_picture(client: &Client, address: &http::Url) -> Option<Vec<u8>> {
    let download = client.get(address, 0).await.inspect_err(|error| log::info!("a preview has no picture: {error}"));
    let bytes = all(download.ok()?).await?;
    // A decoder that panics has been given something that is no picture.
    spawn_blocking(move || picture::thumbnail(&bytes)).await.ok().flatten()
}

/// A whole picture, or nothing of one that is too large.
async fn all(mut download: Download) -> Option<Vec<u8>> {
    let most = PICTURE_BYTES as u64;
    if download.length.is_some_and(|length| length > most) {
        return None;
    }
    let mut bytes = Vec::new();
    while let Some(piece) = download.piece().await.ok()? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > PICTURE_BYTES {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Page {
        said(&html::read(page), "https://a.example/x".to_owned(), &http::parse("https://b.example/dir/page").unwrap())
    }

    #[test]
    fn what_a_page_says_of_itself_for_others_counts_before_the_rest() {
        let page = "<title>Window</title><meta name=description content=Plain>";
        let found = read(page);
        assert_eq!((found.preview.title.as_str(), found.preview.description.as_str()), ("Window", "Plain"));
        assert_eq!((found.preview.url.as_str(), found.preview.site.as_str()), ("https://a.example/x", ""));
        let more = "<meta property=og:title content=Shared><meta property=og:site_name content=Place>
            <meta name=twitter:description content=Bird>";
        let found = read(&format!("{page}{more}")).preview;
        assert_eq!(
            (found.title.as_str(), found.description.as_str(), found.site.as_str()),
            ("Shared", "Bird", "Place")
        );
    }

    #[test]
    fn a_picture_is_only_where_it_may_be_asked_for() {
        for (address, expected) in [
            ("/a.png", Some("https://b.example/a.png")),
            ("a.png", Some("https://b.example/dir/a.png")),
            ("//c.example/a.png", Some("https://c.example/a.png")),
            ("https://c.example/a.png", Some("https://c.example/a.png")),
            ("http://c.example/a.png", None),
            ("file:///etc/passwd", None),
            ("data:image/png;base64,AAAA", None),
            ("https://user@c.example/", None),
            ("https://", None),
        ] {
            let found = read(&format!("<meta property='og:image' content='{address}'>")).picture;
            assert_eq!(found.as_ref().map(http::Url::as_str), expected, "{address}");
        }
    }

    #[test]
    fn only_pages_are_read() {
        for (content_type, expected) in [
            ("text/html", true),
            ("Text/HTML; charset=utf-8", true),
            ("application/xhtml+xml", true),
            ("text/plain", false),
            ("application/pdf", false),
            ("", false),
        ] {
            assert_eq!(is_page(content_type), expected, "{content_type}");
        }
    }
}
