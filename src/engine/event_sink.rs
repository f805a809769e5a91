//! The engine's end of the events: never waits for the window, and says so when something was lost.

use std::sync::{Arc, Mutex, PoisonError};

use super::api::{EVENT_CAPACITY, Event, Events};

/// Where events go; clones share one channel.
#[derive(Debug, Clone)]
pub struct EventSink {
    sender: async_channel::Sender<Event>,
    /// Whether the last event in the queue is `Resync`. Whoever sends holds it, so that the queue's length is what it seems.
    ends_with_resync: Arc<Mutex<bool>>,
    capacity: usize,
}

impl EventSink {
    /// A sink and the window's end of it.
    #[must_use]
    pub fn new() -> (Self, Events) {
        Self::with_capacity(EVENT_CAPACITY)
    }

    fn with_capacity(capacity: usize) -> (Self, Events) {
        let (sender, events) = async_channel::bounded(capacity);
        (Self { sender, ends_with_resync: Arc::default(), capacity }, events)
    }

    /// Queues an event. The last place is kept for `Resync`: what comes after it, and finds no room, need not be told,
    /// because whoever reads `Resync` loads anew afterwards.
    pub fn emit(&self, event: Event) {
        let mut ends_with_resync = self.ends_with_resync.lock().unwrap_or_else(PoisonError::into_inner);
        // Neither can fail for want of room. When the window has gone, nobody needs the event.
        if self.sender.len() + 1 < self.capacity {
            *ends_with_resync = false;
            let _ = self.sender.try_send(event);
        } else if !*ends_with_resync {
            log::warn!("events overflow; the window loads anew");
            *ends_with_resync = true;
            let _ = self.sender.try_send(Event::Resync);
        }
    }

    pub fn emit_all(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.emit(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConversationId;

    fn event(n: i64) -> Event {
        Event::ConversationRemoved(ConversationId(n))
    }

    fn drain(events: &Events) -> Vec<Event> {
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    #[test]
    fn events_arrive_in_order_while_there_is_room() {
        let (sink, events) = EventSink::with_capacity(4);
        sink.emit_all((0..3).map(event));
        assert_eq!(drain(&events), [event(0), event(1), event(2)]);
    }

    #[test]
    fn an_overflow_ends_in_one_resync() {
        let (sink, events) = EventSink::with_capacity(4);
        sink.emit_all((0..10).map(event));
        assert_eq!(drain(&events), [event(0), event(1), event(2), Event::Resync]);
    }

    #[test]
    fn every_loss_is_followed_by_a_resync() {
        let (sink, events) = EventSink::with_capacity(3);
        sink.emit_all((0..5).map(event));
        assert_eq!(events.try_recv(), Ok(event(0)));
        assert_eq!(events.try_recv(), Ok(event(1)));
        sink.emit_all((5..9).map(event));
        assert_eq!(drain(&events), [Event::Resync, event(5), Event::Resync]);
        sink.emit(event(9));
        assert_eq!(drain(&events), [event(9)]);
    }

    #[test]
    fn nobody_listening_is_no_error() {
        let (sink, events) = EventSink::with_capacity(2);
        drop(events);
        sink.emit_all((0..10).map(event));
    }
}
