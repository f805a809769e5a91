//! A file from somewhere, or the rest of one.

use std::{pin::Pin, time::Duration};

use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
};
use tokio::time::timeout;
use url::Url;

use super::{Client, HttpError, address, connection::Driver};
use crate::config;

/// How often one may be sent elsewhere.
const MAX_REDIRECTS: usize = 5;
/// How long a server may take to begin, and then between two pieces.
const SILENCE: Duration = Duration::from_secs(30);

/// A file that is coming.
#[derive(Debug)]
pub struct Download {
    /// Where in the file the bytes begin: where was asked for, or 0.
    pub start: u64,
    /// How many bytes are to come, as the server says.
    pub length: Option<u64>,
    /// Where it is from in the end.
    pub url: Url,
    /// What it is, as the server says.
    pub content_type: Option<String>,
    body: Pin<Box<Incoming>>,
    _driver: Driver,
}

impl Client {
    /// Asks for a file from this byte on. Where the server does not know how to do that, it begins at 0.
    ///
    /// Who is asked learns nothing but the address: there are no cookies, and it does not hear where the address stood.
    pub async fn get(&self, url: &Url, from: u64) -> Result<Download, HttpError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            if !address::may_be_asked(&url) {
                return Err(HttpError::Forbidden);
            }
            let (response, driver) = self.ask(&url, from).await?;
            let status = response.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                url = to.and_then(|to| url.join(to).ok()).ok_or(HttpError::Status(status.as_u16()))?;
                continue;
            }
            let start = match status {
                StatusCode::OK => 0,
                StatusCode::PARTIAL_CONTENT if begins_at(&response, from) => from,
                _ => return Err(HttpError::Status(status.as_u16())),
            };
            let said = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            let length = said(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
            let content_type = said(header::CONTENT_TYPE).map(str::to_owned);
            let body = Box::pin(response.into_body());
            return Ok(Download { start, length, url, content_type, body, _driver: driver });
        }
        Err(HttpError::Redirects)
    }

    async fn ask(&self, url: &Url, from: u64) -> Result<(Response<Incoming>, Driver), HttpError> {
        let (mut sender, driver) = self.connect::<Empty<Bytes>>(url).await?;
        let mut request = Request::get(target(url))
            .header(header::HOST, authority(url))
            .header(header::USER_AGENT, config::APP_NAME)
            .header(header::ACCEPT, "*/*")
            // What is unpacked may be many times larger than what was announced.
            .header(header::ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let request = request.body(Empty::new()).map_err(|_| HttpError::Forbidden)?;
        let response = timeout(SILENCE, sender.send_request(request)).await.map_err(|_| HttpError::Timeout)??;
        Ok((response, driver))
    }
}

impl Download {
    /// The next piece; `None` at the end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        loop {
            match timeout(SILENCE, self.body.frame()).await {
                Err(_) => return Err(HttpError::Timeout),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(error.into()),
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }
}

/// `Content-Range: bytes 5-9/10` (RFC 9110 §14.4).
fn begins_at(response: &Response<Incoming>, from: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let start = range.and_then(|range| range.trim().strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok());
    start == Some(from)
}

/// What stands in the request's first line.
pub(super) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// What stands in `Host`.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_path_and_host() {
        let url = Url::parse("https://example.org:8443/a%20b/ü?x=1#part").unwrap();
        assert_eq!(target(&url), "/a%20b/%C3%BC?x=1");
        assert_eq!(authority(&url), "example.org:8443");
        assert_eq!(authority(&Url::parse("https://[2a00::1]:443/").unwrap()), "[2a00::1]");
    }
}
