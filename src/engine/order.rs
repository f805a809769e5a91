//! What an account's task does when it is told to.

use futures::FutureExt as _;
use tokio::sync::oneshot;

use super::{
    account::{Done, Task},
    api::{ArchivePolicy, Availability, CommandError, Reply, Secret, ServerSettings},
    archive, avatar,
    blocking::BlockOrder,
    context::AccountContext,
    effect::{AvatarNotice, Effects},
    file, nickname, overview, request,
    roster::{self, NewContact},
};
use crate::{
    ids::{BareJid, ConversationId},
    store::{
        StoreError,
        account::{self, AccountRow},
        contact::{self, Subscription},
    },
    xmpp::{presence, session::SessionHandle},
};

/// What an account's task is told to do.
#[derive(Debug)]
pub enum Order {
    SetPassword {
        password: Secret,
        remember: bool,
    },
    SetServer(ServerSettings),
    SetEnabled(bool),
    ReconnectNow,
    /// The person takes a sign-in that is weaker than before.
    AcceptWeaker,
    /// Whether somebody looks at the window.
    SetActive(bool),
    NetworkChanged {
        available: bool,
    },
    SetAvailability {
        availability: Availability,
        status: String,
    },
    /// What others are shown may have to change.
    SendPresence,
    Contact(ContactOrder),
    Block(BlockOrder),
    Avatars(Vec<AvatarNotice>),
    /// The account's row has changed.
    ReadRow,
    /// Something was read here.
    TellRead,
    /// There are files to upload.
    Upload,
    /// Something waits that the session was not given.
    SendPending,
    /// The person looks at a conversation, or wants older messages of it than there are here.
    Prefer {
        conversation: ConversationId,
        is_older: bool,
    },
    SetNickname {
        nickname: String,
        reply: Reply<Result<(), CommandError>>,
    },
    SetAvatar {
        image: Option<Vec<u8>>,
        reply: Reply<Result<(), CommandError>>,
    },
    LoadArchivePolicy(Reply<Result<Option<ArchivePolicy>, CommandError>>),
    SetArchivePolicy {
        policy: ArchivePolicy,
        reply: Reply<Result<(), CommandError>>,
    },
    /// Says goodbye and ends; the account stays.
    Stop(oneshot::Sender<()>),
    /// The same, and the account goes: what it was.
    Leave {
        row: Box<AccountRow>,
        was_online: bool,
        done: oneshot::Sender<()>,
    },
}

impl Order {
    /// Answers whoever waits, when there is nobody to carry it out.
    pub fn refuse(self, error: CommandError) {
        match self {
            Self::SetNickname { reply, .. } | Self::SetAvatar { reply, .. } | Self::SetArchivePolicy { reply, .. } => {
                reply.send(Err(error));
            }
            Self::LoadArchivePolicy(reply) => reply.send(Err(error)),
            Self::Contact(order) => order.refuse(error),
            Self::Block(order) => order.refuse(error),
            _ => {}
        }
    }
}

/// What is wanted of somebody's place on the roster and their subscriptions.
#[derive(Debug)]
pub enum ContactOrder {
    Add { address: BareJid, name: String, groups: Vec<String>, text: String, reply: Reply<Result<(), CommandError>> },
    Update { address: BareJid, name: String, groups: Vec<String>, reply: Reply<Result<(), CommandError>> },
    Remove { address: BareJid, reply: Reply<Result<(), CommandError>> },
    Subscribe { address: BareJid, reply: Reply<Result<(), CommandError>> },
    Approve { address: BareJid, add: bool, reply: Reply<Result<(), CommandError>> },
    Deny { address: BareJid, reply: Reply<Result<(), CommandError>> },
    Cancel { address: BareJid, reply: Reply<Result<(), CommandError>> },
}

impl ContactOrder {
    /// Answers whoever waits, when nothing can be done.
    pub fn refuse(self, error: CommandError) {
        match self {
            Self::Add { reply, .. }
            | Self::Update { reply, .. }
            | Self::Remove { reply, .. }
            | Self::Subscribe { reply, .. }
            | Self::Approve { reply, .. }
            | Self::Deny { reply, .. }
            | Self::Cancel { reply, .. } => reply.send(Err(error)),
        }
    }
}

impl Task {
    pub(super) async fn order(&mut self, order: Order) {
        match order {
            Order::SetPassword { password, remember } => {
                if remember {
                    self.keep_password(password.clone());
                }
                self.set_password(password);
            }
            Order::SetServer(server) => self.set_server(server).await,
            Order::SetEnabled(is_enabled) => self.set_enabled(is_enabled).await,
            Order::ReconnectNow => match self.session() {
                Some(session) => session.reconnect_now(),
                None => self.connect(),
            },
            Order::AcceptWeaker => self.accept_weaker().await,
            Order::SetActive(is_active) => {
                if let Some(session) = self.session() {
                    session.set_active(is_active);
                }
            }
            Order::NetworkChanged { available } => {
                if let Some(session) = self.session() {
                    session.network_changed(available);
                }
            }
            Order::SetAvailability { availability, status } => self.set_availability(availability, status).await,
            Order::SendPresence => self.send_presence(),
            Order::Contact(order) => self.contact_order(order).await,
            Order::Block(order) => self.block_order(order).await,
            Order::Avatars(notices) => {
                if let Some(avatars) = &self.avatars {
                    for notice in notices {
                        avatars.announced(notice);
                    }
                }
            }
            Order::ReadRow => self.read_row().await,
            Order::SendPending => self.send_pending(None).await,
            Order::TellRead => self.tell_read_soon(),
            Order::Upload => file::start_waiting(&self.shared, self.id).await,
            Order::Prefer { conversation, is_older } => {
                self.prefer(conversation, is_older).await;
                self.fetch_next();
            }
            Order::SetNickname { nickname, reply } => {
                self.publish(reply, |context| async move { nickname::publish(&context, &nickname).await });
            }
            Order::SetAvatar { image, reply } => {
                self.publish(reply, |context| async move { avatar::publish(&context, image).await });
            }
            Order::LoadArchivePolicy(reply) => {
                self.ask_server(reply, |session| async move { archive::preferences::load(&session).await });
            }
            Order::SetArchivePolicy { policy, reply } => {
                self.ask_server(reply, move |session| async move { archive::preferences::set(&session, policy).await });
            }
            // The loop sees to it.
            Order::Stop(_) | Order::Leave { .. } => {}
        }
    }

    /// Publishes something of ours, which changes the account's row.
    fn publish<F: Future<Output = Result<(), CommandError>> + Send + 'static>(
        &mut self,
        reply: Reply<Result<(), CommandError>>,
        publish: impl FnOnce(AccountContext) -> F,
    ) {
        let Some(context) = self.context().filter(|_| self.is_online()) else {
            return reply.send(Err(CommandError::NotOnline));
        };
        let published = publish(context);
        let job = async move {
            let result = published.await;
            Done::Published { reply, result }
        };
        self.jobs.push(job.boxed());
    }

    /// Does something with the server alone, and says what came of it.
    fn ask_server<T: Send + 'static, F: Future<Output = Result<T, CommandError>> + Send + 'static>(
        &mut self,
        reply: Reply<Result<T, CommandError>>,
        ask: impl FnOnce(SessionHandle) -> F,
    ) {
        let Some(session) = self.session().filter(|_| self.is_online()) else {
            return reply.send(Err(CommandError::NotOnline));
        };
        self.jobs.push(ask(session).map(|result| reply.send(result)).map(|()| Done::Nothing).boxed());
    }

    /// Somebody else has changed the account's row.
    pub(super) async fn read_row(&mut self) {
        self.change_row(|_| Ok(())).await;
    }

    fn keep_password(&mut self, password: Secret) {
        let (shared, address) = (self.shared.clone(), self.address.clone());
        tokio::spawn(async move { shared.keep_password(&address, &password).await });
    }

    async fn set_server(&mut self, server: ServerSettings) {
        let id = self.id;
        let row = move |store: &rusqlite::Connection| account::set_server(store, id, &server.into());
        if self.change_row(row).await && self.row().is_some_and(|row| row.is_enabled) {
            self.stop_session().await;
            self.connect();
        }
    }

    async fn set_enabled(&mut self, is_enabled: bool) {
        let id = self.id;
        if !self.change_row(move |store| account::set_enabled(store, id, is_enabled)).await {
            return;
        }
        if !is_enabled {
            self.stop_session().await;
        } else if self.session().is_none() {
            if self.has_password() {
                self.connect();
            } else {
                self.look_for_password();
            }
        }
    }

    async fn set_availability(&mut self, availability: Availability, status: String) {
        let (id, stored) = (self.id, overview::stored_availability(availability));
        if self.change_row(move |store| account::set_availability(store, id, stored, &status)).await {
            self.send_presence();
        }
    }

    /// Changes the account's row and tells the window.
    pub(super) async fn change_row(
        &mut self,
        f: impl FnOnce(&rusqlite::Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> bool {
        let id = self.id;
        let changed = self.shared.change(move |store, _| {
            f(store)?;
            Ok(((), Effects { accounts: vec![id], ..Effects::default() }))
        });
        let changed = changed.await;
        changed.map_err(|error| log::error!("an account can't be changed: {}", self.shared.failed(error))).is_ok()
    }

    async fn contact_order(&mut self, order: ContactOrder) {
        let session = self.session().filter(|_| self.is_online());
        let Some(session) = session else {
            return order.refuse(CommandError::NotOnline);
        };
        match order {
            ContactOrder::Add { address, name, groups, text, reply } => {
                let has_asked = self.answer_request(&address).await;
                let new = NewContact {
                    address,
                    name: filled(name),
                    groups,
                    text: filled(text),
                    nickname: self.row().and_then(|row| row.nickname),
                    approve: has_asked || self.pre_approves(),
                };
                let change = roster::answering(roster::add(session, new), reply);
                self.jobs.push(change.map(|()| Done::Nothing).boxed());
            }
            ContactOrder::Update { address, name, groups, reply } => {
                let change = roster::answering(roster::update(session, address, filled(name), groups), reply);
                self.jobs.push(change.map(|()| Done::Nothing).boxed());
            }
            ContactOrder::Remove { address, reply } => {
                let change = roster::answering(roster::remove(session, address), reply);
                self.jobs.push(change.map(|()| Done::Nothing).boxed());
            }
            // No server answers a presence: what is on its way is all that can be said (RFC 6121 §3).
            ContactOrder::Subscribe { address, reply } => {
                let nickname = self.row().and_then(|row| row.nickname);
                session.send(presence::subscribe(&address, None, nickname.as_deref()), None);
                reply.send(Ok(()));
            }
            ContactOrder::Approve { address, add, reply } => {
                self.answer_request(&address).await;
                session.send(presence::subscribed(&address), None);
                if add {
                    self.ask_back(address).await;
                }
                reply.send(Ok(()));
            }
            ContactOrder::Deny { address, reply } => {
                self.answer_request(&address).await;
                session.send(presence::unsubscribed(&address), None);
                reply.send(Ok(()));
            }
            ContactOrder::Cancel { address, reply } => {
                session.send(presence::unsubscribed(&address), None);
                reply.send(Ok(()));
            }
        }
    }

    /// Removes somebody's request; whether there was one.
    async fn answer_request(&mut self, address: &BareJid) -> bool {
        let (id, address) = (self.id, address.clone());
        let answered = self.shared.change(move |store, scopes| {
            let effects = request::answered(store, scopes.of(id)?, &address)?;
            Ok((!effects.is_empty(), effects))
        });
        answered.await.unwrap_or_else(|error| {
            log::error!("a request can't be removed: {}", self.shared.failed(error));
            false
        })
    }

    /// Asks for the presence of somebody who may see ours now, and puts them on the roster if they are not there.
    async fn ask_back(&mut self, address: BareJid) {
        let (id, who) = (self.id, address.clone());
        let known = self.shared.store.read(move |store| contact::find(store, id, &who)).await.ok().flatten();
        let Some(session) = self.session() else { return };
        let nickname = self.row().and_then(|row| row.nickname);
        if let Some(contact) = known.filter(|contact| contact.in_roster) {
            let is_open = matches!(contact.subscription, Subscription::None | Subscription::From);
            if is_open && !contact.is_pending {
                session.send(presence::subscribe(&address, None, nickname.as_deref()), None);
            }
            return;
        }
        let new = NewContact { address, name: None, groups: Vec::new(), text: None, nickname, approve: false };
        let add = roster::add(session, new).map(|result| {
            if let Err(error) = result {
                log::warn!("who was let in can't be added: {error}");
            }
            Done::Nothing
        });
        self.jobs.push(add.boxed());
    }

    fn pre_approves(&self) -> bool {
        self.shared.accounts.with(self.id, |live| live.features.pre_approval).unwrap_or_default()
    }

    /// What others see of us goes out when it has changed.
    pub(super) fn send_presence(&mut self) {
        let Some(session) = self.session().filter(|_| self.is_online()) else { return };
        let presence = self.own_presence();
        if self.announced.as_ref() != Some(&presence) {
            session.send(presence.clone(), None);
            self.announced = Some(presence);
        }
    }
}

fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
