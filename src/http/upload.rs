//! A file to somewhere.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures::stream;
use http_body_util::StreamBody;
use hyper::{
    Request,
    body::{Bytes, Frame},
    header,
};
use tokio::{fs::File, io::AsyncReadExt as _, time};
use url::Url;

use super::{
    Client, HttpError, address,
    download::{authority, target},
};
use crate::config;

const PIECE: usize = 32 * 1024;
/// How long nothing may move.
const SILENCE: Duration = Duration::from_mins(1);
/// How often one looks how far it has come.
const LOOK: Duration = Duration::from_millis(150);

impl Client {
    /// Uploads `size` bytes of a file, whose progress is told in bytes. Is not sent elsewhere.
    pub async fn put(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        media_type: &str,
        file: File,
        size: u64,
        progress: impl Fn(u64),
    ) -> Result<(), HttpError> {
        if !address::may_be_asked(url) {
            return Err(HttpError::Forbidden);
        }
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let pieces = stream::try_unfold(file, move |mut file| {
            let count = Arc::clone(&count);
            async move {
                let mut piece = vec![0; PIECE];
                let length = file.read(&mut piece).await?;
                piece.truncate(length);
                count.fetch_add(length as u64, Relaxed);
                Ok::<_, io::Error>((length > 0).then(|| (Frame::data(Bytes::from(piece)), file)))
            }
        });
        let (mut sender, _driver) = self.connect(url).await?;
        let mut request = Request::put(target(url))
            .header(header::HOST, authority(url))
            .header(header::USER_AGENT, config::APP_NAME)
            .header(header::CONTENT_LENGTH, size)
            .header(header::CONTENT_TYPE, media_type);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(StreamBody::new(Box::pin(pieces))).map_err(|_| HttpError::Forbidden)?;
        let mut answer = std::pin::pin!(sender.send_request(request));
        let (mut known, mut quiet) = (0, Duration::ZERO);
        let response = loop {
            if let Ok(response) = time::timeout(LOOK, &mut answer).await {
                break response?;
            }
            let now = sent.load(Relaxed);
            quiet = if now == known { quiet + LOOK } else { Duration::ZERO };
            if now != known {
                progress(now);
            }
            known = now;
            if quiet > SILENCE {
                return Err(HttpError::Timeout);
            }
        };
        // XEP-0363 §6: 201, and what servers answer instead.
        if response.status().is_success() { Ok(()) } else { Err(HttpError::Status(response.status().as_u16())) }
    }
}
