//! Carries out what the account is told to do.

use futures::FutureExt as _;

use super::{Done, Task};
use crate::{
    engine::{
        api::{Availability, CommandError, Reply, Secret, ServerSettings},
        archive, avatar,
        context::AccountContext,
        effect::Effects,
        file::upload::start_waiting,
        nickname,
        order::Order,
        overview,
    },
    store::{StoreError, account},
    xmpp::session::SessionHandle,
};

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
            Order::Upload => start_waiting(&self.shared, self.id).await,
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
