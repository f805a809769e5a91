//! A client that writes to a real server whatever it is given, byte for byte.

use std::{fs, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};

use super::Prosody;

const DEADLINE: Duration = Duration::from_secs(30);

pub struct Raw {
    stream: TlsStream<TcpStream>,
    /// What was read and not looked at yet.
    heard: String,
}

impl Raw {
    /// Signs in as a user whose password is `secret`, under the resource `raw`, and says that it is there.
    pub async fn sign_in(prosody: &Prosody, name: &str) -> Self {
        let tcp = TcpStream::connect(("127.0.0.1", prosody.direct_tls_port())).await.unwrap();
        let domain = prosody.domain().to_owned();
        let stream = connector(prosody).connect(domain.clone().try_into().unwrap(), tcp).await.unwrap();
        let mut me = Self { stream, heard: String::new() };
        let header = format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
        );
        me.write(&header).await;
        me.until("</stream:features>").await;
        let plain = STANDARD.encode(format!("\0{name}\0secret"));
        me.write(&format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>")).await;
        me.until("<success").await;
        me.write(&header).await;
        me.until("</stream:features>").await;
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>raw</resource></bind>";
        me.write(&format!("<iq type='set' id='bind'>{bind}</iq><presence/>")).await;
        me.until("<presence").await;
        me
    }

    pub async fn write(&mut self, xml: &str) {
        self.stream.write_all(xml.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// What stands before the next quotation mark.
    pub async fn until_quote(&mut self) -> String {
        while !self.heard.contains('\'') {
            self.read().await;
        }
        let end = self.heard.find('\'').unwrap_or_default();
        self.heard.drain(..end).collect()
    }

    /// Reads until this has come, and forgets it and all before it.
    pub async fn until(&mut self, wanted: &str) {
        let reading = async {
            loop {
                if let Some(found) = self.heard.find(wanted) {
                    self.heard.drain(..found + wanted.len());
                    return;
                }
                self.read().await;
            }
        };
        let read = timeout(DEADLINE, reading).await;
        assert!(read.is_ok(), "no {wanted:?} in time: {}", self.heard);
    }

    async fn read(&mut self) {
        let mut buffer = [0; 4_096];
        let n = self.stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "the server has closed the stream: {}", self.heard);
        self.heard.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
}

fn connector(prosody: &Prosody) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let pem = fs::read(prosody.ca_file()).unwrap();
    roots.add_parsable_certificates(rustls_pemfile::certs(&mut &pem[..]).map(Result::unwrap));
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    TlsConnector::from(Arc::new(config.with_no_client_auth()))
}
