//! From a secured line to a stream on which stanzas may flow: SASL2 with Bind2 and resumption inline where the server has it
//! (XEP-0388, XEP-0386), else SASL, bind and resumption one after the other (RFC 6120). It only reports what came of it;
//! what that means for what was in flight is not its business.

use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncBufRead, AsyncWrite},
    sync::mpsc::UnboundedSender,
};
use tokio_xmpp::xmlstream::{ReadError, XmlStream, initiate_stream};
use uuid::Uuid;
use xmpp_parsers::ns;

use super::{
    auth::{Assurance, AuthError, Exchange, Offer, Token},
    element::StreamElement,
    event::ServerFeatures,
    features::{FAST, Features, Sasl2Features},
    guard::GuardHandle,
    nonza::{Profile, Sasl, SmNonza},
    problem::{io_problem, unexpected},
    transport::{TIMEOUTS, header},
};
use crate::{
    ids::{BareJid, FullJid},
    secret::Secret,
    xmpp::{
        ConnectStep, Problem,
        xml::{self, Build as _, Element, element},
    },
};

/// How we call ourselves to servers.
const SOFTWARE: &str = "Stonechat";

/// Who signs in, and as what.
#[derive(Clone)]
pub struct Login {
    pub address: BareJid,
    pub password: Secret,
    pub resource: Option<String>,
    pub agent: Uuid,
    /// `previd` and `h` of the session to resume.
    pub resume: Option<(String, u32)>,
    /// Better than the password, as long as the server takes it.
    pub token: Option<Token>,
    /// The best seen so far: a server that offers less has been tampered with, or with its configuration.
    pub at_least: Option<Assurance>,
    /// Nobody looks at the moment (XEP-0352).
    pub is_inactive: bool,
}

/// A stream that is bound.
pub struct LoggedIn<Io> {
    pub stream: XmlStream<Io, StreamElement>,
    /// None where they are still to come, after a resume: they are what they were.
    pub features: Option<ServerFeatures>,
    pub mechanism: &'static str,
    /// What was proved; nothing new by a token.
    pub assurance: Option<Assurance>,
    pub tokens: Tokens,
    pub outcome: Outcome,
}

/// What became of tokens while signing in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The one we had was not taken.
    pub is_refused: bool,
    /// To be used from the next time on.
    pub new: Option<Token>,
}

/// Which session it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The old one; the server has handled so many of our stanzas.
    Resumed { h: u32 },
    Fresh {
        jid: FullJid,
        /// What the server said that it had handled in the session that could not be resumed.
        failed_h: Option<u32>,
        sm: Management,
        /// Carbons were switched on by the way.
        has_carbons: bool,
    },
}

/// How far stream management has come in a fresh session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Management {
    NotOffered,
    /// `<enable/>` is to be sent.
    Offered,
    /// The id to resume by, if that is possible.
    Enabled(Option<String>),
}

/// How a stream that has just been secured becomes one that is bound.
pub async fn login<Io: AsyncBufRead + AsyncWrite + Unpin>(
    io: Io,
    guard: &GuardHandle,
    exporter: Option<&[u8]>,
    login: &Login,
    steps: &UnboundedSender<ConnectStep>,
) -> Result<LoggedIn<Io>, Problem> {
    let _ = steps.send(ConnectStep::Authenticating);
    let domain = login.address.domain().to_string();
    let bare = login.address.to_string();
    let pending = initiate_stream(io, ns::JABBER_CLIENT, header(&domain, Some(&bare)), TIMEOUTS).await;
    let mut signing_in =
        SigningIn { stream: pending.map_err(|e| io_problem(&e))?.skip_features(), login, domain: &domain };
    let features = signing_in.features().await?;
    // Bind2 leaves the resource to the server, so a person who asks for one gets the classic way.
    let modern = features.sasl2.clone().filter(|sasl2| sasl2.bind2.is_some() && login.resource.is_none());
    let user = login.address.node().map(ToString::to_string).unwrap_or_default();
    let mut tokens = Tokens::default();
    if let Some(sasl2) = &modern
        && let Some(token) = login.token.as_ref().filter(|token| token.is_usable(&sasl2.fast, exporter))
    {
        let exchange = Exchange::with_token(token, &user, exporter);
        let mechanism = exchange.mechanism();
        match signing_in.modern(sasl2, exchange, None, steps).await? {
            Ok((features, outcome, new)) => {
                tokens.new = new;
                let SigningIn { stream, .. } = signing_in;
                return Ok(LoggedIn { stream, features, mechanism, assurance: None, tokens, outcome });
            }
            // It has expired, or was revoked; the password is asked for nothing less.
            Err(refused) => {
                log::info!("{}: the token is not taken: {refused}", login.address);
                tokens.is_refused = true;
            }
        }
    }
    let mechanisms = modern.as_ref().map_or(&features.sasl1, |sasl2| &sasl2.mechanisms);
    let offer = Offer { mechanisms, channel_bindings: features.channel_bindings.as_deref() };
    let chosen = Exchange::choose(offer, &user, &login.password, exporter, login.at_least).map_err(untrusted)?;
    let (exchange, assurance) = chosen.ok_or(Problem::NoMechanism)?;
    let (mechanism, assurance) = (exchange.mechanism(), Some(assurance));
    let (stream, features, outcome) = match modern {
        Some(sasl2) => {
            let wanted = Token::mechanism_for(&sasl2.fast, exporter);
            let (features, outcome, new) = signing_in.modern(&sasl2, exchange, wanted, steps).await??;
            tokens.new = new;
            (signing_in.stream, features, outcome)
        }
        None => signing_in.classic(guard, exchange, steps).await?,
    };
    Ok(LoggedIn { stream, features, mechanism, assurance, tokens, outcome })
}

/// Signs in by the token once more, only to have the server forget it (XEP-0484 §3.6). Nothing is bound, so no session comes of it.
pub async fn revoke<Io: AsyncBufRead + AsyncWrite + Unpin>(
    io: Io,
    exporter: Option<&[u8]>,
    login: &Login,
    token: &Token,
) -> Result<(), Problem> {
    let domain = login.address.domain().to_string();
    let bare = login.address.to_string();
    let pending = initiate_stream(io, ns::JABBER_CLIENT, header(&domain, Some(&bare)), TIMEOUTS).await;
    let mut signing_in =
        SigningIn { stream: pending.map_err(|e| io_problem(&e))?.skip_features(), login, domain: &domain };
    let sasl2 = signing_in.features().await?.sasl2.filter(|sasl2| token.is_usable(&sasl2.fast, exporter));
    if sasl2.is_none() {
        return Err(Problem::NoMechanism);
    }
    let user = login.address.node().map(ToString::to_string).unwrap_or_default();
    let exchange = Exchange::with_token(token, &user, exporter);
    let inline = vec![signing_in.agent(), element("fast", FAST).with_attr("invalidate", "true")];
    signing_in.authenticate(Profile::Sasl2, exchange, inline).await??;
    let _ = signing_in.stream.shutdown().await;
    Ok(())
}

fn untrusted(error: AuthError) -> Problem {
    match error {
        AuthError::Weaker => Problem::WeakerSignIn,
        error => Problem::ServerProof(error.to_string()),
    }
}

struct SigningIn<'l, Io> {
    stream: XmlStream<Io, StreamElement>,
    login: &'l Login,
    domain: &'l str,
}

type Bound<Io> = (XmlStream<Io, StreamElement>, Option<ServerFeatures>, Outcome);
/// The same on the stream as it is, with the token that came along.
type BoundWithToken = (Option<ServerFeatures>, Outcome, Option<Token>);

/// What `<success/>` brought.
struct Success {
    jid: Option<String>,
    inline: Vec<Element>,
}

impl<Io: AsyncBufRead + AsyncWrite + Unpin> SigningIn<'_, Io> {
    async fn next(&mut self) -> Option<Result<StreamElement, ReadError>> {
        self.stream.next().await
    }

    async fn send(&mut self, element: StreamElement) -> Result<(), Problem> {
        self.stream.send(&element).await.map_err(|e| io_problem(&e))
    }

    fn unexpected(&self, wanted: &str, got: Option<Result<StreamElement, ReadError>>) -> Problem {
        unexpected(wanted, got, self.domain)
    }

    async fn features(&mut self) -> Result<Features, Problem> {
        match self.next().await {
            Some(Ok(StreamElement::Features(features))) => Ok(features),
            other => Err(self.unexpected("stream features", other)),
        }
    }

    /// Which installation this is (XEP-0388 §2.3.1); tokens belong to it.
    fn agent(&self) -> Element {
        element("user-agent", ns::SASL2)
            .with_attr("id", self.login.agent.to_string())
            .with_child(element("software", ns::SASL2).with_text(SOFTWARE))
    }

    fn resume(&self) -> Option<SmNonza> {
        self.login.resume.as_ref().map(|(previd, h)| SmNonza::Resume { h: *h, previd: previd.clone() })
    }

    /// The inner error is the server's refusal, after which the stream is as good as before.
    async fn authenticate(
        &mut self,
        profile: Profile,
        mut exchange: Exchange,
        inline: Vec<Element>,
    ) -> Result<Result<Success, Problem>, Problem> {
        let start = Sasl::Start { mechanism: exchange.mechanism(), initial: exchange.initial(), inline };
        self.send(StreamElement::Sasl(profile, start)).await?;
        loop {
            let sasl = match self.next().await {
                Some(Ok(StreamElement::Sasl(p, sasl))) if p == profile => sasl,
                other => return Err(self.unexpected("an answer to the sign-in", other)),
            };
            match sasl {
                Sasl::Challenge(challenge) => {
                    // Thousands of hashes: other accounts have better things to do on this thread.
                    let work = move || {
                        let response = exchange.respond(&challenge);
                        (exchange, response)
                    };
                    let done = tokio::task::spawn_blocking(work).await;
                    let (back, response) = done.map_err(|e| Problem::ServerProof(e.to_string()))?;
                    exchange = back;
                    self.send(StreamElement::Sasl(profile, Sasl::Response(response.map_err(untrusted)?))).await?;
                }
                Sasl::Success { data, jid, inline } => {
                    exchange.verify(data.as_deref()).map_err(untrusted)?;
                    return Ok(Ok(Success { jid, inline }));
                }
                Sasl::Failure { condition, text } => return Ok(Err(refusal(condition, text))),
                Sasl::Start { .. } | Sasl::Response(_) => {
                    return Err(Problem::ServerProof("a client's message from the server".to_owned()));
                }
            }
        }
    }

    /// One round trip for all, once the password or the token is proved. Errors as those of `authenticate`.
    async fn modern(
        &mut self,
        offered: &Sasl2Features,
        exchange: Exchange,
        token: Option<&'static str>,
        steps: &UnboundedSender<ConnectStep>,
    ) -> Result<Result<BoundWithToken, Problem>, Problem> {
        // A new one comes by itself when it is time; it is for the same mechanism.
        let mechanism = token.unwrap_or_else(|| exchange.mechanism());
        let has_token = matches!(exchange, Exchange::Token { .. });
        let bind2 = offered.bind2.as_deref().unwrap_or_default();
        let can = |feature: &str| bind2.iter().any(|offered| offered == feature);
        let has_carbons = can(ns::CARBONS);
        let bind = element("bind", ns::BIND2)
            .with_child(element("tag", ns::BIND2).with_text(SOFTWARE))
            .with_children(has_carbons.then(|| element("enable", ns::CARBONS)))
            .with_children((self.login.is_inactive && can(ns::CSI)).then(|| element("inactive", ns::CSI)))
            .with_children(can(ns::SM).then(|| SmNonza::Enable { resume: true }.to_element()));
        let mut inline = vec![self.agent(), bind];
        if offered.has_sm {
            inline.extend(self.resume().map(|resume| resume.to_element()));
        }
        inline.extend(token.map(|mechanism| element("request-token", FAST).with_attr("mechanism", mechanism)));
        inline.extend(has_token.then(|| element("fast", FAST)));
        let success = match self.authenticate(Profile::Sasl2, exchange, inline).await? {
            Ok(success) => success,
            Err(refused) => return Ok(Err(refused)),
        };
        let _ = steps.send(ConnectStep::Binding);
        let new = success.inline.iter().find(|e| e.is("token", FAST)).and_then(|e| xml::filled_attr(e, "token"));
        let new = new.map(|token| Token::new(mechanism, &token));

        let mut failed_h = None;
        match success.inline.iter().find_map(SmNonza::read) {
            // Stream features follow, but what had not been acknowledged may come before them.
            Some(SmNonza::Resumed { h }) => return Ok(Ok((None, Outcome::Resumed { h }, new))),
            Some(SmNonza::Failed { h }) => failed_h = h,
            _ => (),
        }
        let server = self.features().await?.server;
        let bound = success.inline.iter().find(|e| e.is("bound", ns::BIND2));
        let bound = bound.ok_or_else(|| Problem::Stream("signed in, but not bound".to_owned()))?;
        let jid = full_jid(success.jid.as_deref())?;
        let sm = match bound.children().find_map(SmNonza::read) {
            Some(SmNonza::Enabled { id, resume, .. }) => Management::Enabled(id.filter(|_| resume)),
            _ => Management::NotOffered,
        };
        Ok(Ok((Some(server), Outcome::Fresh { jid, failed_h, sm, has_carbons }, new)))
    }

    /// RFC 6120 §6, §7: a new stream after SASL, then one step after the other.
    async fn classic(
        mut self,
        guard: &GuardHandle,
        exchange: Exchange,
        steps: &UnboundedSender<ConnectStep>,
    ) -> Result<Bound<Io>, Problem> {
        self.authenticate(Profile::Sasl1, exchange, Vec::new()).await??;
        let _ = steps.send(ConnectStep::Binding);
        guard.stream_reset();
        let bare = self.login.address.to_string();
        let pending = self.stream.initiate_reset().send_header(header(self.domain, Some(&bare))).await;
        self.stream = pending.map_err(|e| io_problem(&e))?.skip_features();
        let offered = self.features().await?;

        let mut failed_h = None;
        if let Some(resume) = self.resume().filter(|_| offered.has_sm) {
            self.send(StreamElement::Sm(resume)).await?;
            match self.next().await {
                Some(Ok(StreamElement::Sm(SmNonza::Resumed { h }))) => {
                    return Ok((self.stream, Some(offered.server), Outcome::Resumed { h }));
                }
                Some(Ok(StreamElement::Sm(SmNonza::Failed { h }))) => failed_h = h,
                other => return Err(self.unexpected("resumed or failed", other)),
            }
        }
        let jid = self.bind().await?;
        let sm = if offered.has_sm { Management::Offered } else { Management::NotOffered };
        Ok((self.stream, Some(offered.server), Outcome::Fresh { jid, failed_h, sm, has_carbons: false }))
    }

    async fn bind(&mut self) -> Result<FullJid, Problem> {
        let resource = self.login.resource.as_ref().map(|resource| element("resource", ns::BIND).with_text(resource));
        let request = element("iq", ns::JABBER_CLIENT)
            .with_attr("type", "set")
            .with_attr("id", Uuid::new_v4().to_string())
            .with_child(element("bind", ns::BIND).with_children(resource));
        self.send(StreamElement::Stanza(request)).await?;
        let answer = match self.next().await {
            Some(Ok(StreamElement::Stanza(answer))) if answer.name() == "iq" => answer,
            other => return Err(self.unexpected("the bound address", other)),
        };
        if xml::attr(&answer, "type") == Some("error") {
            let error = xml::child(&answer, "error", ns::JABBER_CLIENT);
            let (condition, text) = error.map(super::nonza::condition_and_text).unwrap_or_default();
            return Err(Problem::Refused { condition, text });
        }
        let bound = xml::child(&answer, "bind", ns::BIND);
        full_jid(bound.and_then(|bind| xml::child_text(bind, "jid", ns::BIND)).as_deref())
    }
}

fn full_jid(text: Option<&str>) -> Result<FullJid, Problem> {
    text.and_then(|text| FullJid::new(text).ok())
        .ok_or_else(|| Problem::Stream("bound to something that is no address".to_owned()))
}

/// RFC 6120 §6.5.
fn refusal(condition: String, text: Option<String>) -> Problem {
    match condition.as_str() {
        "not-authorized" | "invalid-authzid" => Problem::WrongPassword,
        "account-disabled" => Problem::AccountDisabled,
        "invalid-mechanism" | "mechanism-too-weak" | "encryption-required" => Problem::NoMechanism,
        _ => Problem::Refused { condition, text },
    }
}
