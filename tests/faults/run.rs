//! Two clients write to each other while everything goes wrong, and in the end both have all of it, once and in order.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::{
    fault::Fault,
    process::{Arguments, Client},
    profile,
    verdict::Verdict,
    world::World,
};

/// How often it is looked what the clients have said.
const BEAT: Duration = Duration::from_millis(5);
/// How soon all has arrived once nothing goes wrong any more: a session that is dead without a sign takes a minute to notice.
const SETTLE: Duration = Duration::from_mins(2);
/// How soon a new device has all of the archive.
const ARCHIVE: Duration = Duration::from_mins(10);
const SENDERS: [&str; 2] = ["alice", "bob"];
/// After so many faults all is given the time to arrive, and looked at.
const REST_EVERY: usize = 10;

/// How much is sent, and how much goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    /// Of both together.
    pub messages: usize,
    pub faults: usize,
}

#[derive(Debug)]
pub struct Outcome {
    pub messages: usize,
    pub faults: usize,
    pub kills: usize,
    pub verdict: Verdict,
    pub wall: Duration,
    /// What is to be looked at, where something went wrong.
    pub kept: Option<PathBuf>,
    /// In words.
    pub findings: String,
}

struct Run {
    world: World,
    clients: [Client; 2],
    /// When each one's fault ends.
    under_way: [Option<(Instant, Fault)>; 2],
    /// How many messages each has been given.
    given: usize,
    chance: StdRng,
    begun: Instant,
    diary: String,
    findings: String,
}

/// Runs it all; what there is to complain of is in the outcome.
pub fn run(plan: Plan, world: World, arguments: Arguments) -> Outcome {
    let dir = tempfile::Builder::new().prefix("stonechat-faults-").tempdir().unwrap();
    let begun = Instant::now();
    let [alice, bob] = &world.homes;
    let clients = [Client::new(alice, bob, dir.path(), arguments), Client::new(bob, alice, dir.path(), arguments)];
    let chance = StdRng::seed_from_u64(plan.seed);
    let (diary, findings) = (String::new(), String::new());
    let mut run = Run { world, clients, under_way: [None; 2], given: 0, chance, begun, diary, findings };
    run.meet();
    let (mut faults, mut kills) = (0, 0);
    for n in 0..plan.faults {
        run.write(plan.messages / 2 * (n + 1) / plan.faults);
        kills += usize::from(run.fault());
        faults += 1;
        if (n + 1) % REST_EVERY == 0 && !run.rest() {
            break;
        }
    }
    if run.findings.is_empty() {
        run.rest();
    }
    let mut verdict = run.verdict();
    if run.findings.is_empty() {
        verdict += run.archive(dir.path(), arguments);
    }
    for client in &mut run.clients {
        client.quit();
        let log = fs::read_to_string(client.log_file()).unwrap_or_default();
        if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
            let _ = writeln!(run.findings, "{}: {line}", client.name);
        }
    }
    let is_clean = verdict.is_clean() && run.findings.is_empty();
    let kept = (!is_clean).then(|| {
        let kept = dir.keep();
        fs::write(kept.join("diary"), &run.diary).unwrap();
        for (n, log) in run.world.logs.iter().enumerate() {
            let _ = fs::copy(log, kept.join(format!("server {n}.log")));
        }
        kept
    });
    Outcome { messages: 2 * run.given, faults, kills, verdict, wall: begun.elapsed(), kept, findings: run.findings }
}

impl Run {
    fn note(&mut self, text: &str) {
        let _ = writeln!(self.diary, "{:8.3} {text}", self.begun.elapsed().as_secs_f64());
    }

    /// The two sign in and make friends.
    fn meet(&mut self) {
        for client in &mut self.clients {
            client.start();
        }
        self.until("both are online", |clients| clients.iter().all(|client| client.is_online));
        self.clients[0].befriend();
        self.until("they are friends", |clients| clients.iter().all(|client| client.is_friend));
    }

    /// Gives each of them messages, until they have had so many.
    fn write(&mut self, up_to: usize) {
        for client in &mut self.clients {
            client.give(self.given..up_to);
        }
        self.given = up_to;
    }

    /// Lets something go wrong at a moment of its own. Whether a process was killed.
    fn fault(&mut self) -> bool {
        let who = self.chance.random_range(0..2);
        // Mostly something that works breaks; now and then what is broken already, or has only just been mended.
        if self.chance.random_bool(0.7) {
            let until = Instant::now() + Duration::from_secs(4);
            while !self.clients[who].is_online && Instant::now() < until {
                self.attend();
            }
        }
        let moment = Instant::now() + Duration::from_millis(self.chance.random_range(0..500));
        while Instant::now() < moment {
            self.attend();
        }
        if let Some((_, last)) = self.under_way[who].take() {
            last.end(&mut self.clients[who]);
        }
        let fault = Fault::draw(&mut self.chance);
        self.note(&format!("{}: {fault:?}", self.clients[who].name));
        fault.begin(&mut self.clients[who]);
        self.under_way[who] = Some((Instant::now() + fault.lasts, fault));
        fault.is_kill()
    }

    /// One look at everything.
    fn attend(&mut self) {
        thread::sleep(BEAT);
        for (client, fault) in self.clients.iter_mut().zip(&mut self.under_way) {
            if let Some((_, fault)) = fault.take_if(|(end, _)| *end <= Instant::now()) {
                fault.end(client);
            }
            client.attend();
        }
    }

    fn until(&mut self, what: &str, is: impl Fn(&[Client; 2]) -> bool) -> bool {
        let deadline = Instant::now() + SETTLE;
        while !is(&self.clients) {
            if Instant::now() > deadline {
                let _ = writeln!(self.findings, "not in time: {what}");
                return false;
            }
            self.attend();
        }
        true
    }

    /// Nothing goes wrong for a while: everything must arrive. Whether all is well.
    fn rest(&mut self) -> bool {
        while self.under_way.iter().any(Option::is_some) {
            self.attend();
        }
        self.until("both are online and have accepted all", |clients| {
            clients.iter().all(|client| client.is_online && client.has_accepted_all())
        });
        let given = self.given;
        let deadline = Instant::now() + SETTLE;
        // Both sides have all messages in their order, and know that the other has them.
        while !self.clients.iter().all(|client| has_all(client, given)) {
            if Instant::now() > deadline {
                for client in &self.clients {
                    let profile = client.profile();
                    let (count, unsent) = (profile::count(&profile), profile::unsent(&profile));
                    let _ = writeln!(
                        self.findings,
                        "{} has {count} messages of {}, {unsent} unsent",
                        client.name,
                        2 * given
                    );
                }
                break;
            }
            let looked = Instant::now();
            while looked.elapsed() < Duration::from_millis(100) {
                self.attend();
            }
        }
        let verdict = self.verdict();
        if !verdict.is_clean() {
            let _ = writeln!(self.findings, "{verdict:?}");
        }
        for client in &mut self.clients {
            for trouble in client.troubles.drain(..) {
                let _ = writeln!(self.findings, "{}: {trouble}", client.name);
            }
        }
        self.note(&format!("rest: {} each, {verdict:?}", self.given));
        self.findings.is_empty()
    }

    /// What is wrong with what the two have.
    fn verdict(&mut self) -> Verdict {
        let mut verdict = Verdict::default();
        for client in &self.clients {
            verdict += judge(&mut self.findings, client, self.given);
        }
        verdict
    }

    /// What is wrong with what a new device finds in the servers' archives.
    fn archive(&mut self, dir: &Path, arguments: Arguments) -> Verdict {
        let mut verdict = Verdict::default();
        let [alice, bob] = self.world.homes.clone();
        for (home, peer) in [(&alice, &bob), (&bob, &alice)] {
            let mut device = Client::another_device(home, peer, dir, arguments);
            device.start();
            let deadline = Instant::now() + ARCHIVE;
            while profile::count(&device.profile()) < 2 * self.given && Instant::now() < deadline {
                self.attend();
                device.attend();
            }
            verdict += judge(&mut self.findings, &device, self.given);
        }
        verdict
    }
}

/// It has all messages of both, in their order, and knows that its own have arrived.
fn has_all(client: &Client, given: usize) -> bool {
    let profile = client.profile();
    profile::count(&profile) == 2 * given
        && profile::unsent(&profile) == 0
        && SENDERS.iter().all(|sender| profile::judge(&profile, sender, given).is_clean())
}

/// What is wrong with what a client has.
fn judge(findings: &mut String, client: &Client, given: usize) -> Verdict {
    let mut verdict = Verdict::default();
    for sender in SENDERS {
        let of_sender = profile::judge(&client.profile(), sender, given);
        if !of_sender.is_clean() {
            let _ = writeln!(findings, "{sender}'s messages in {}: {of_sender:?}", client.profile().display());
        }
        verdict += of_sender;
    }
    verdict
}
