//! A disk that is full, made of memory and 4 MB large: the test runs itself again where it may mount one.

use std::{env, fs, path::Path, process::Command as Process};

use stonechat::engine::api::{CommandError, Event, Notice};

use super::{
    person::{Person, befriend},
    support::{Options, Prosody},
};

const PLACE: &str = "STONECHAT_SMALL_DISK";
/// `mount` is not installed everywhere where this is tested; the call is.
const MOUNT: &str = "
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).mount(b'none', os.environ['STONECHAT_SMALL_DISK'].encode(), b'tmpfs', 0, b'size=4m'):
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
";

#[test]
fn on_a_full_disk_nothing_is_lost_and_the_person_knows() {
    let place = tempfile::tempdir().unwrap();
    let ran = Process::new("unshare")
        .args(["--map-root-user", "--mount", "python3", "-c", MOUNT])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "disk::with_a_small_disk", "--ignored", "--nocapture"])
        .env(PLACE, place.path())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    if said.contains("Operation not permitted") || ran.status.code() == Some(77) {
        eprintln!("not tested: no disk can be mounted here");
        return;
    }
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "needs the small disk that the test above makes"]
async fn with_a_small_disk() {
    let place = env::var(PLACE).unwrap();
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]));
    befriend(&prosody, "alice", "bob");
    let dir = tempfile::tempdir_in(&place).unwrap();
    let mut alice = Person::sign_in_at(&prosody, "alice", prosody.port(), dir).await;
    let bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    let (to_bob, to_alice) = (alice.open("bob@chat.test").await.id, bob.open("alice@chat.test").await.id);
    let filler = Path::new(&place).join("filler");
    fill(&filler);
    let long = "long ".repeat(4_000);
    let mut refused = Ok(());
    for _ in 0..200 {
        refused = alice.try_send(to_bob, &long).await.map(drop);
        if refused.is_err() {
            break;
        }
    }
    assert_eq!(refused, Err(CommandError::DiskFull));
    let before = alice.texts(to_bob).await.len();
    bob.send(to_alice, &long).await;
    bob.send(to_alice, "and a short one").await;
    alice.wait("word of the full disk", |event| (*event == Event::Notice(Notice::DiskFull)).then_some(())).await;
    fs::remove_file(&filler).unwrap();
    alice
        .wait("what had waited", |event| match event {
            Event::MessagesStored { messages, .. } => {
                messages.iter().any(|m| m.body == "and a short one").then_some(())
            }
            _ => None,
        })
        .await;
    alice.send(to_bob, "room again").await;
    let texts = alice.texts(to_bob).await;
    assert_eq!(texts[before..], [long.as_str(), "and a short one", "room again"]);
}

/// Writes until nothing more fits.
fn fill(file: &Path) {
    let mut file = fs::File::create(file).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 4_096]).is_ok() {}
}
