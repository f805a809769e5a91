//! Keeping the other side of a conversation away. Only the server can, so each is asked for and may fail.

use super::Conversation;
use crate::engine::api::{BlockAbility, Command, CommandError, ReportReason};

impl Conversation {
    /// What the account's server does against those whom one does not want to hear from.
    pub async fn block_ability(&self) -> Result<BlockAbility, CommandError> {
        let account = self.account();
        self.engine().request(|reply| Command::LoadBlockAbility { account, reply }).await
    }

    /// Keeps them away on all devices; with `report` those who run the server are told why.
    pub async fn block(&self, report: Option<ReportReason>) -> Result<(), CommandError> {
        let (account, address) = (self.account(), self.contact().address().clone());
        self.engine().request(|reply| Command::Block { account, address, report, reply }).await
    }

    /// Lets them reach one again: takes what keeps them away off the list.
    pub async fn unblock(&self) -> Result<(), CommandError> {
        let Some(address) = self.contact().blocked_by() else { return Ok(()) };
        let account = self.account();
        self.engine().request(|reply| Command::Unblock { account, address, reply }).await
    }
}
