//! How fast stanzas are read once they are trees: what a flood of messages costs beside the XML itself.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stonechat::xmpp::{incoming, xml::Element};

/// As servers deliver them: what people write comes with ids, marks and states around it.
fn messages() -> Vec<Element> {
    let inner = |number: u32| {
        format!(
            "<message xmlns='jabber:client' from='juliet{}@capulet.example/balcony.{number}' to='romeo@montague.example/garden' \
             type='chat' id='5f3dbc5e-e1d3-4077-a492-{number:012}'><body>What man art thou that, thus bescreen'd in night, \
             so stumblest on my counsel? ({number})</body><request xmlns='urn:xmpp:receipts'/>\
             <active xmlns='http://jabber.org/protocol/chatstates'/><markable xmlns='urn:xmpp:chat-markers:0'/>\
             <origin-id xmlns='urn:xmpp:sid:0' id='5f3dbc5e-e1d3-4077-a492-{number:012}'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' id='17{number:014}' by='romeo@montague.example'/>\
             <delay xmlns='urn:xmpp:delay' from='montague.example' stamp='2024-02-29T12:00:00.25Z'/></message>",
            number % 50
        )
    };
    let carbon = |number: u32| {
        format!(
            "<message xmlns='jabber:client' from='romeo@montague.example' to='romeo@montague.example/garden' type='chat'>\
             <received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded></received></message>",
            inner(number)
        )
    };
    (0..1_000).map(|n| if n % 5 == 0 { carbon(n) } else { inner(n) }).filter_map(|xml| xml.parse().ok()).collect()
}

fn presences() -> Vec<Element> {
    let one = |number: u32| {
        format!(
            "<presence xmlns='jabber:client' from='juliet{number}@capulet.example/balcony' to='romeo@montague.example/garden'>\
             <show>away</show><status>Gone to friar Laurence</status><priority>5</priority>\
             <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>\
             <x xmlns='vcard-temp:x:update'><photo>01b87fcd030b72895ff8e88db57ec525450f000d</photo></x></presence>"
        )
    };
    (0..1_000).map(one).filter_map(|xml| xml.parse().ok()).collect()
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("incoming::parse");
    for (name, stanzas) in [("messages", messages()), ("presences", presences())] {
        group.throughput(Throughput::Elements(stanzas.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for stanza in &stanzas {
                    black_box(incoming::parse(black_box(stanza)));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
