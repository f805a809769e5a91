//! The model against an engine that the test plays.

use std::{cell::RefCell, rc::Rc};

use gio::prelude::*;

use super::{
    History, MAX_LOADED, Message, MessageSearch, PAGE,
    testing::{self, Stage, Stored, contact, conversation, on_stage, until},
};
use crate::engine::api::{
    AccountId, ConversationId, Event, Message as Snapshot, MessageId, MessageQuery, MessageState, Snapshot as Profile,
    Timestamp,
};

const BOB: ConversationId = ConversationId(1);

/// A profile of one conversation with so many messages.
fn stored(count: i64) -> Stored {
    let snapshot = Profile {
        contacts: vec![contact("bob@a.example")],
        conversations: vec![conversation(1, "bob@a.example", count)],
        ..Profile::default()
    };
    Stored { snapshot, messages: (0..count).map(|n| testing::message(BOB, n)).collect(), commands: Vec::new() }
}

fn ids(history: &History) -> Vec<i64> {
    history.iter::<Message>().map(|message| message.unwrap().id().0).collect()
}

fn range(from: i64, to: i64) -> Vec<i64> {
    (from..to).collect()
}

type Changes = Rc<RefCell<Vec<(u32, u32, u32)>>>;

/// Every change that a list tells of.
fn changes(list: &impl IsA<gio::ListModel>) -> Changes {
    let changes = Changes::default();
    let seen = changes.clone();
    list.connect_items_changed(move |_, position, removed, added| seen.borrow_mut().push((position, removed, added)));
    changes
}

impl Stage {
    fn history(&self) -> History {
        self.messenger.conversation(BOB).unwrap().history()
    }

    /// Stores messages as the engine does: first on disk, then the event.
    fn receive(&self, ids: impl IntoIterator<Item = i64>) {
        let messages: Vec<Snapshot> = ids.into_iter().map(|n| testing::message(BOB, n)).collect();
        self.stored.borrow_mut().messages.extend(messages.iter().cloned());
        let news = messages.iter().map(|message| message.cursor.id).collect();
        self.tell(Event::MessagesStored { conversation: BOB, messages, news });
    }

    fn tell(&self, event: Event) {
        self.events.try_send(event).unwrap();
    }
}

#[test]
fn a_history_is_loaded_page_by_page_and_never_holds_more_than_its_limit() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        assert_eq!(ids(&history), range(950, 1_000));
        assert!(history.has_older() && history.is_at_newest());
        let changes = changes(&history);
        assert!(history.load_older().await.unwrap());
        assert_eq!(ids(&history), range(900, 1_000));
        assert_eq!(*changes.borrow(), [(0, 0, 50)], "what was loaded is left alone");
        while history.has_older() {
            history.load_older().await.unwrap();
            assert!(history.n_items() as usize <= MAX_LOADED);
        }
        assert_eq!(ids(&history), range(0, 400));
        assert!(!history.is_at_newest());
        assert!(!history.load_older().await.unwrap());
        while !history.is_at_newest() {
            history.load_newer().await.unwrap();
        }
        assert_eq!(ids(&history), range(600, 1_000));
        assert!(history.has_older());
    });
}

#[test]
fn a_jump_shows_what_surrounds_the_message_and_a_second_one_to_it_does_nothing() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        history.jump_to(MessageId(500)).await.unwrap();
        assert_eq!(ids(&history), range(475, 526));
        assert!(history.has_older() && !history.is_at_newest());
        let changes = changes(&history);
        history.jump_to(MessageId(480)).await.unwrap();
        assert!(changes.borrow().is_empty());
        history.load_newest().await.unwrap();
        assert_eq!(ids(&history), range(950, 1_000));
    });
}

#[test]
fn a_time_that_is_loaded_needs_no_page_and_one_that_is_not_is_surrounded_by_one() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let changes = changes(&history);
        let at = async |time| history.jump_to_time(Timestamp(time)).await.unwrap().map(|message| message.id().0);
        assert_eq!(at(970).await, Some(970));
        assert!(changes.borrow().is_empty(), "it was there");
        assert_eq!(at(950).await, Some(950));
        assert!(!changes.borrow().is_empty(), "an older message of that time might not have been loaded");
        assert_eq!(at(300).await, Some(300));
        assert_eq!(ids(&history), range(275, 326));
        assert_eq!(at(5_000).await, None);
        assert!(history.is_at_newest());
        history.load_oldest().await.unwrap();
        assert_eq!(ids(&history), range(0, 50));
        assert!(!history.has_older() && !history.is_at_newest());
        assert_eq!(at(-7).await, Some(0));
    });
}

#[test]
fn messages_are_read_by_their_places_whether_they_are_loaded_or_not() {
    on_stage(stored(2_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let cursor = |n| testing::message(BOB, n).cursor;
        let places = history.places_between(cursor(100), cursor(1_300)).await.unwrap();
        assert_eq!(places.len(), 1_201);
        let bodies: Vec<_> = history.read(&places).await.unwrap().into_iter().map(|m| m.body).collect();
        assert_eq!(bodies, (100..=1_300).map(|n| format!("m{n}")).collect::<Vec<_>>());
        let sparse = history.read(&[cursor(3), cursor(1_000), cursor(1_999), cursor(7_000)]).await.unwrap();
        assert_eq!(sparse.iter().map(|m| m.cursor.id.0).collect::<Vec<_>>(), [3, 1_000, 1_999]);
        assert_eq!(ids(&history), range(1_950, 2_000), "what is loaded stays as it is");
        let loaded = history.loaded_between(cursor(1_990), cursor(1_992));
        assert_eq!(loaded.iter().map(|m| m.id().0).collect::<Vec<_>>(), [1_990, 1_991, 1_992]);
    });
}

#[test]
fn a_history_that_nobody_looks_at_keeps_little() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        for _ in 0..5 {
            history.load_older().await.unwrap();
        }
        assert_eq!(ids(&history), range(700, 1_000));
        history.shrink(Some(testing::message(BOB, 800).cursor));
        assert_eq!(ids(&history), range(750, 850));
        assert!(history.has_older() && !history.is_at_newest());
        history.load_newest().await.unwrap();
        for _ in 0..5 {
            history.load_older().await.unwrap();
        }
        history.shrink(None);
        assert_eq!(ids(&history), range(900, 1_000));
        assert!(history.is_at_newest());
    });
}

#[test]
fn only_one_page_of_a_kind_is_on_its_way() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let (first, second) = futures::join!(history.load_older(), history.load_older());
        assert!(first.unwrap());
        assert!(!second.unwrap());
        assert_eq!(history.n_items() as usize, 2 * PAGE);
        assert!(!history.is_loading_older());
    });
}

#[test]
fn a_page_that_was_asked_for_before_a_jump_is_ignored() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let (_, jump) = futures::join!(history.load_older(), history.jump_to(MessageId(100)));
        jump.unwrap();
        assert_eq!(ids(&history), range(75, 126));
    });
}

#[test]
fn live_messages_join_in_one_change_while_the_newest_is_loaded() {
    on_stage(stored(60), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let changes = changes(&history);
        for n in 60..90 {
            stage.receive([n]);
        }
        until(&history, |history| history.n_items() == 80).await;
        assert_eq!(*changes.borrow(), [(50, 0, 30)]);
    });
}

#[test]
fn the_answer_to_a_sending_takes_nothing_back_that_was_told_since() {
    on_stage(stored(60), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let waiting = Snapshot { is_outgoing: true, state: MessageState::Waiting, ..testing::message(BOB, 60) };
        let delivered = Snapshot { state: MessageState::Delivered, ..waiting.clone() };
        history.stored(vec![waiting.clone()]);
        history.changed(&[delivered]);
        history.sent(waiting);
        let item = history.item(history.n_items() - 1).and_downcast::<Message>().unwrap();
        assert_eq!(item.state(), super::DeliveryState::Delivered);
        history.sent(Snapshot { is_outgoing: true, state: MessageState::Waiting, ..testing::message(BOB, 61) });
        assert_eq!(ids(&history).last(), Some(&61), "the answer may be first as well");
    });
}

#[test]
fn live_messages_wait_in_the_store_while_older_ones_are_shown() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        history.jump_to(MessageId(100)).await.unwrap();
        let told = Rc::new(RefCell::new(0));
        let count = told.clone();
        stage.messenger.connect_news(move |_, _, messages| *count.borrow_mut() += messages.len());
        stage.receive([1_000, 1_001]);
        until(&told, |told| *told.borrow() == 2).await;
        assert_eq!(ids(&history), range(75, 126));
    });
}

#[test]
fn a_message_that_arrives_while_a_page_is_on_its_way_is_neither_lost_nor_doubled() {
    on_stage(stored(60), |stage| async move {
        let history = stage.history();
        // Told of before the page is asked for, and so in both.
        stage.receive([60]);
        history.load_newest().await.unwrap();
        until(&history, |history| history.n_items() >= 50).await;
        let messages = vec![testing::message(BOB, 61)];
        let newest = history.load_newest();
        // Told of, but not in the page.
        stage.tell(Event::MessagesStored { conversation: BOB, messages, news: vec![] });
        newest.await.unwrap();
        until(&history, |history| ids(history).last() == Some(&61)).await;
        assert_eq!(ids(&history), range(11, 62));
    });
}

#[test]
fn a_full_window_lets_go_of_the_oldest_or_waits_as_the_view_wishes() {
    on_stage(stored(1_000), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        while (history.n_items() as usize) < MAX_LOADED {
            history.load_older().await.unwrap();
        }
        stage.receive([1_000]);
        until(&history, |history| ids(history) == range(601, 1_001)).await;
        history.set_follows_end(false);
        stage.receive([1_001]);
        until(&history, |history| !history.is_at_newest()).await;
        assert_eq!(ids(&history), range(601, 1_001));
        history.load_newer().await.unwrap();
        assert_eq!(history.last().unwrap().id(), MessageId(1_001));
    });
}

#[test]
fn a_state_changes_in_place_and_a_discarded_message_goes() {
    on_stage(stored(10), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let changes = changes(&history);
        let item = history.message(4).unwrap();
        let mut sent = testing::message(BOB, 4);
        sent.state = MessageState::Sent;
        stage.tell(Event::MessagesChanged { conversation: BOB, messages: vec![sent] });
        until(&item, |item| item.state() == super::DeliveryState::Sent).await;
        assert!(changes.borrow().is_empty());
        assert_eq!(history.message(4).unwrap(), item);
        stage.tell(Event::MessageRemoved { conversation: BOB, message: MessageId(4) });
        until(&history, |history| history.n_items() == 9).await;
        assert_eq!(*changes.borrow(), [(4, 1, 0)]);
    });
}

#[test]
fn after_lost_events_everything_is_as_stored_and_objects_are_the_same() {
    on_stage(stored(60), |stage| async move {
        let history = stage.history();
        history.load_newest().await.unwrap();
        let object = history.message(49).unwrap();
        let bob = stage.messenger.conversation(BOB).unwrap();
        {
            let mut stored = stage.stored.borrow_mut();
            stored.messages.push(testing::message(BOB, 60));
            stored.snapshot.conversations[0].unread = 7;
            stored.snapshot.conversations.push(conversation(2, "eve@a.example", 99));
            stored.snapshot.contacts = vec![contact("eve@a.example")];
        }
        stage.tell(Event::Resync);
        until(&history, |history| ids(history).last() == Some(&60)).await;
        assert_eq!(history.message(48).unwrap(), object);
        assert_eq!(bob.unread(), 7);
        assert_eq!(stage.messenger.conversation(BOB).unwrap(), bob);
        assert!(!bob.contact().in_roster());
        assert_eq!(stage.messenger.contacts().n_items(), 1);
        assert_eq!(stage.messenger.conversations().n_items(), 2);
    });
}

#[test]
fn conversations_stand_in_order_and_move_in_one_change() {
    on_stage(stored(0), |stage| async move {
        let list = stage.messenger.conversations();
        let order = |list: &super::ConversationList| list.iter().map(|c| c.id().0).collect::<Vec<_>>();
        let address = |n: i64| format!("c{n}@a.example");
        stage.tell(Event::ConversationsChanged((2..5).map(|n| conversation(n, &address(n), n)).collect()));
        until(&list, |list| order(list) == [4, 3, 2, 1]).await;
        let changes = changes(&list);
        let mut pinned = conversation(2, &address(2), 2);
        pinned.is_pinned = true;
        stage.tell(Event::ConversationsChanged(vec![pinned]));
        stage.tell(Event::ConversationsChanged(vec![conversation(3, &address(3), 100)]));
        until(&list, |list| order(list) == [2, 3, 4, 1]).await;
        assert_eq!(*changes.borrow(), [(0, 3, 3)]);
        let mut closed = conversation(4, &address(4), 4);
        closed.is_listed = false;
        stage.tell(Event::ConversationsChanged(vec![closed]));
        until(&list, |list| order(list) == [2, 3, 1]).await;
    });
}

#[test]
fn many_conversations_join_a_few_at_a_time_and_stand_in_order_all_the_while() {
    on_stage(stored(0), |stage| async move {
        let list = stage.messenger.conversations();
        let order = |list: &super::ConversationList| list.iter().map(|c| c.id().0).collect::<Vec<_>>();
        let changes = changes(&list);
        let many = |from: i64, to: i64| (from..to).map(|n| conversation(n, &format!("c{n}@a.example"), n)).collect();
        stage.tell(Event::ConversationsChanged(many(2, 40)));
        until(&list, |list| list.n_items() > 1).await;
        assert_eq!(order(&list), [39, 38, 37, 36, 1], "the newest first");
        stage.tell(Event::ConversationsChanged(many(40, 50)));
        until(&list, |list| list.n_items() == 49).await;
        assert_eq!(order(&list), (1..50).rev().collect::<Vec<_>>());
        assert!(changes.borrow().iter().all(|(_, removed, added)| added - removed <= 4), "{:?}", changes.borrow());
    });
}

#[test]
fn those_who_have_not_joined_yet_wait_while_the_list_is_held() {
    on_stage(stored(0), |stage| async move {
        let list = stage.messenger.conversations();
        let order = |list: &super::ConversationList| list.iter().map(|c| c.id().0).collect::<Vec<_>>();
        let many = (2..40).map(|n| conversation(n, &format!("c{n}@a.example"), n)).collect();
        stage.tell(Event::ConversationsChanged(many));
        until(&list, |list| list.n_items() > 1).await;
        list.set_is_held(true);
        glib::timeout_future(std::time::Duration::from_millis(60)).await;
        assert_eq!(order(&list), [39, 38, 37, 36, 1]);
        list.set_is_held(false);
        until(&list, |list| list.n_items() == 39).await;
    });
}

#[test]
fn nothing_moves_in_the_list_while_it_is_held() {
    on_stage(stored(0), |stage| async move {
        let list = stage.messenger.conversations();
        let order = |list: &super::ConversationList| list.iter().map(|c| c.id().0).collect::<Vec<_>>();
        stage.tell(Event::ConversationsChanged(vec![conversation(2, "c@a.example", 2)]));
        until(&list, |list| order(list) == [2, 1]).await;
        list.set_is_held(true);
        stage.tell(Event::ConversationsChanged(vec![conversation(1, "bob@a.example", 9)]));
        stage.tell(Event::ConversationsChanged(vec![conversation(3, "d@a.example", 10)]));
        until(&list, |list| list.n_items() == 3).await;
        assert_eq!(order(&list), [2, 1, 3]);
        list.set_is_held(false);
        assert_eq!(order(&list), [3, 1, 2]);
    });
}

#[test]
fn contacts_come_in_one_change_and_leave_without_taking_their_conversation() {
    on_stage(stored(0), |stage| async move {
        let contacts = stage.messenger.contacts();
        let changes = changes(&contacts);
        stage.tell(Event::ContactsChanged((0..1_000).map(|n| contact(&format!("c{n}@a.example"))).collect()));
        until(&contacts, |contacts| contacts.n_items() == 1_001).await;
        assert_eq!(*changes.borrow(), [(1, 0, 1_000)]);
        let bob = stage.messenger.conversation(BOB).unwrap().contact();
        let addresses = vec![testing::jid("bob@a.example"), testing::jid("c7@a.example")];
        stage.tell(Event::ContactsRemoved { account: AccountId(1), addresses });
        until(&contacts, |contacts| contacts.n_items() == 999).await;
        assert!(!bob.in_roster());
        assert_eq!(stage.messenger.contact(AccountId(1), &testing::jid("bob@a.example")), Some(bob));
        assert_eq!(stage.messenger.contact(AccountId(1), &testing::jid("c7@a.example")), None);
    });
}

#[test]
fn a_message_of_a_new_conversation_is_news_of_it() {
    on_stage(stored(0), |stage| async move {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let news = seen.clone();
        stage.messenger.connect_news(move |_, conversation, messages| {
            news.borrow_mut().push((conversation.id().0, messages.len()));
        });
        let id = ConversationId(2);
        let messages = vec![testing::message(id, 1), testing::message(id, 2)];
        stage.tell(Event::MessagesStored { conversation: id, messages, news: vec![MessageId(2)] });
        stage.tell(Event::ConversationsChanged(vec![conversation(2, "eve@a.example", 2)]));
        until(&seen, |seen| !seen.borrow().is_empty()).await;
        assert_eq!(*seen.borrow(), [(2, 1)]);
    });
}

#[test]
fn the_loop_ends_with_the_messenger() {
    on_stage(stored(0), |stage| async move {
        let weak = stage.messenger.downgrade();
        drop(stage);
        until(&weak, |weak| weak.upgrade().is_none()).await;
    });
}

#[test]
fn a_search_shows_what_was_asked_last_and_grows_when_it_is_wanted() {
    on_stage(stored(120), |stage| async move {
        let search = MessageSearch::new(&stage.messenger);
        let query = |text: &str| MessageQuery { text: text.to_owned(), ..MessageQuery::default() };
        let found = |search: &MessageSearch| search.iter().map(|found| found.id().0).collect::<Vec<_>>();
        search.set_query(query("m1"));
        search.set_query(query("m11"));
        until(&search, |search| !search.is_loading()).await;
        assert_eq!(found(&search), [119, 118, 117, 116, 115, 114, 113, 112, 111, 110, 11]);
        search.set_query(query("m"));
        until(&search, |search| !search.is_loading()).await;
        assert_eq!((found(&search).len(), search.has_more()), (50, true));
        let changes = changes(&search);
        search.load_more();
        search.load_more();
        until(&search, |search| !search.is_loading()).await;
        assert_eq!((found(&search).len(), changes.borrow().clone()), (100, vec![(50, 0, 50)]));
        search.load_more();
        until(&search, |search| !search.is_loading()).await;
        assert_eq!((found(&search), search.has_more()), ((0..120).rev().collect(), false));
        search.set_query(query(""));
        assert_eq!(search.n_items(), 0);
    });
}
