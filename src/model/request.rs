//! Somebody wants to see our presence.

use std::cell::OnceCell;

use glib::subclass::prelude::*;

use super::text;
use crate::engine::api::{AccountId, BareJid, SubscriptionRequest, Timestamp};

mod imp {
    use super::{OnceCell, SubscriptionRequest};
    use glib::subclass::prelude::*;

    #[derive(Default)]
    pub struct Request {
        pub request: OnceCell<SubscriptionRequest>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Request {
        const NAME: &'static str = "StonechatRequest";
        type Type = super::Request;
    }

    impl ObjectImpl for Request {}
}

glib::wrapper! {
    /// A request that waits for the person's word; it never changes.
    pub struct Request(ObjectSubclass<imp::Request>);
}

impl Request {
    pub(super) fn new(request: SubscriptionRequest) -> Self {
        let this: Self = glib::Object::new();
        let fresh = this.imp().request.set(request).is_ok();
        debug_assert!(fresh);
        this
    }

    pub fn account(&self) -> AccountId {
        self.inner().account
    }

    pub fn address(&self) -> &BareJid {
        &self.inner().address
    }

    /// What they call themselves.
    pub fn nickname(&self) -> Option<String> {
        text::shown(self.inner().nickname.as_deref())
    }

    /// What they wrote with the request, in one line.
    pub fn text(&self) -> Option<String> {
        text::shown(self.inner().text.as_deref())
    }

    pub fn time(&self) -> Timestamp {
        self.inner().time
    }

    pub(super) fn inner(&self) -> &SubscriptionRequest {
        self.imp().request.get().expect("a request is made from a snapshot only")
    }
}
