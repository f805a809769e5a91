//! How long a search takes in a million messages: `cargo bench --no-default-features --bench search`.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::executor::block_on;
use stonechat::{
    ids::{BareJid, ConversationId, MessageId, Timestamp},
    store::{
        MessageState, Store, StoreError,
        account::{self, NewAccount},
        attachment::{self, AttachmentKind, AttachmentRow},
        conversation,
        message::{self, NewMessage, Place},
        search::{self, Query},
    },
    text_format::TextFormat,
};
use tempfile::TempDir;
use uuid::Uuid;

const MESSAGES: usize = 1_000_000;
const CONVERSATIONS: usize = 200;
/// As many as the person sees at first.
const PAGE: usize = 50;
const START: i64 = 1_500_000_000_000;
const MINUTE: i64 = 60_000;

/// A stream of numbers that is the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below the end")
    }

    /// Few words are common and most are rare, as in every language (Zipf).
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] =
            ["ta", "no", "ri", "ke", "lu", "so", "mé", "va", "the", "an", "ing", "er", "ü", "st", "qua", "lo"];
        let mut n = 60_000 / (1 + self.below(60_000));
        let mut word = String::new();
        loop {
            word.push_str(SYLLABLES[n % SYLLABLES.len()]);
            n /= SYLLABLES.len();
            if n == 0 {
                return word;
            }
        }
    }

    fn text(&mut self, n: usize) -> String {
        let words: Vec<_> = (0..3 + self.below(14)).map(|_| self.word()).collect();
        let mut text = words.join(" ");
        match n % 20 {
            0 => text.push_str(" 今天天气很好，明日は東京へ行く"),
            1 | 2 => text.push_str(" 🎉"),
            3 => text.push_str(" https://example.org/page"),
            _ => {}
        }
        if n.is_multiple_of(100_000) {
            text.push_str(" wheatear");
        }
        text
    }
}

fn jid(text: &str) -> BareJid {
    BareJid::new(text).expect("an address")
}

fn fill(store: &Store) -> ConversationId {
    let account = NewAccount::new(jid("me@chat.example"), Uuid::from_u128(1));
    let begun = store.write(move |tx| {
        let account = account::insert(tx, &account)?.expect("a new account").id;
        (0..CONVERSATIONS)
            .map(|n| conversation::find_or_create(tx, account, &jid(&format!("c{n}@chat.example")), Timestamp(START)))
            .collect::<Result<Vec<_>, _>>()
    });
    let conversations = block_on(begun).expect("conversations");
    let first = conversations[0];
    let mut numbers = Numbers(0x5374_6F6E_6563_6861);
    for begin in (0..MESSAGES).step_by(50_000) {
        let texts: Vec<_> = (begin..begin + 50_000)
            .map(|n| {
                // Half of all is said in one conversation.
                let at = if n % 2 == 0 { 0 } else { numbers.below(CONVERSATIONS) };
                (n, at, numbers.text(n))
            })
            .collect();
        let conversations = conversations.clone();
        let written = store.write(move |tx| {
            for (n, at, body) in texts {
                let new = NewMessage {
                    conversation: conversations[at],
                    place: Place::Last,
                    sender: jid(&format!("c{at}@chat.example")),
                    body,
                    format: TextFormat::default(),
                    time: Timestamp(START + i64::try_from(n).expect("a small number") * MINUTE),
                    state: MessageState::Received,
                    origin_id: None,
                    stanza_id: None,
                    archive_id: None,
                    wants_receipt: false,
                    is_markable: false,
                };
                message::insert(tx, new)?;
            }
            Ok::<_, StoreError>(())
        });
        block_on(written).expect("messages");
    }
    share(store);
    first
}

/// One message in ten is a file; most are pictures, and films are rare.
fn share(store: &Store) {
    for begin in (0..MESSAGES).step_by(50_000) {
        let written = store.write(move |tx| {
            for n in (begin..begin + 50_000).step_by(10) {
                let (name, media_type) = match n / 10 % 10 {
                    _ if n % 50_000 == 0 => ("film.mp4", "video/mp4"),
                    0 => ("voice.ogg", "audio/ogg"),
                    1 | 2 => ("the list.pdf", "application/pdf"),
                    _ => ("IMG_20261127.jpg", "image/jpeg"),
                };
                let file = AttachmentRow {
                    name: name.to_owned(),
                    media_type: media_type.to_owned(),
                    url: Some(String::new()),
                    ..AttachmentRow::default()
                };
                // The first message has the id 1.
                let message = MessageId(i64::try_from(n + 1).expect("a small number"));
                attachment::insert(tx, message, &file, Timestamp(START))?;
            }
            Ok::<_, StoreError>(())
        });
        block_on(written).expect("files");
    }
}

fn searching(c: &mut Criterion) {
    let dir = TempDir::new().expect("a directory");
    let store = Store::open(dir.path()).expect("a store").store;
    eprintln!("storing a million messages …");
    let first = fill(&store);
    let mut group = c.benchmark_group("search in 1,000,000 messages");
    group.sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    let all = AttachmentKind::ALL;
    for (name, text, files) in [
        ("one letter", "t", &[][..]),
        ("two letters", "an", &[]),
        ("beginning of common words", "then", &[]),
        ("common word", "the", &[]),
        ("two common words", "no ta", &[]),
        ("three words", "the no ri", &[]),
        ("with a diacritic", "mé", &[]),
        ("rare word", "wheatear", &[]),
        ("common and rare word", "the wheatear", &[]),
        ("nothing", "zzz", &[]),
        ("chinese", "天气", &[]),
        ("emoji", "🎉", &[]),
        ("any file", "", &all),
        ("picture or video", "", &[AttachmentKind::Picture, AttachmentKind::Video]),
        ("video, which is rare", "", &[AttachmentKind::Video]),
        ("file with a common word", "the", &all),
        ("sound with a word that none has", "the", &[AttachmentKind::Audio]),
    ] {
        for (place, conversation) in [("", None), (", one conversation", Some(first))] {
            let query = Query { text: text.to_owned(), conversation, files: files.to_vec(), ..Query::default() };
            group.bench_function(format!("{name}{place}"), |b| {
                b.iter(|| {
                    let query = query.clone();
                    let found = block_on(store.read(move |store| search::find(store, black_box(&query), None, PAGE)));
                    found.expect("a page").len()
                });
            });
        }
    }
    group.finish();
    let size = std::fs::metadata(dir.path().join("stonechat.db")).expect("the database").len();
    eprintln!("the database has {} MiB", size >> 20);
}

criterion_group!(benches, searching);
criterion_main!(benches);
