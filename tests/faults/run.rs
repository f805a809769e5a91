//! Two clients write to each other while everything goes wrong, and in the end both have all of it, once and in order.

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use tempfile::TempDir;

use super::{
    fault::Fault,
    order::{self, Archived},
    process::{Arguments, Client},
    profile,
    server::{Restart, Server, Stop},
    verdict::Verdict,
    world::{Scene, World},
};

/// How often it is looked what the clients have said.
const BEAT: Duration = Duration::from_millis(5);
/// How soon all has arrived once nothing goes wrong any more: a session that is dead without a sign takes a minute to notice.
const SETTLE: Duration = Duration::from_mins(2);
/// How soon a new device has all of the archive.
const ARCHIVE: Duration = Duration::from_mins(10);
/// After so many faults all is given the time to arrive, and looked at.
const REST_EVERY: usize = 10;
/// Where servers go away too, one of so many faults is that.
const RESTART_EVERY: usize = 5;
/// So many of the messages that are missing, or out of place, are named.
const NAMED: usize = 8;

/// How much is sent, and how much goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    /// Of all together.
    pub messages: usize,
    pub faults: usize,
}

#[derive(Debug)]
pub struct Outcome {
    pub messages: usize,
    pub faults: usize,
    pub kills: usize,
    /// How often a server went away.
    pub restarts: usize,
    /// Messages of which it can be shown that they were lost by a server that was killed.
    pub lost_by_server: usize,
    pub verdict: Verdict,
    pub wall: Duration,
    /// What is to be looked at, where something went wrong.
    pub kept: Option<PathBuf>,
    /// In words.
    pub findings: String,
}

struct Run {
    dir: TempDir,
    arguments: Arguments,
    world: World,
    clients: Vec<Client>,
    /// How the servers go away.
    stop: Option<Stop>,
    /// When each one's fault ends.
    under_way: Vec<Option<(Instant, Fault)>>,
    /// How many messages each has been given.
    given: usize,
    chance: StdRng,
    begun: Instant,
    diary: String,
    findings: String,
}

/// Runs it all; what there is to complain of is in the outcome.
pub fn run(plan: Plan, scene: Scene, arguments: Arguments) -> Outcome {
    let dir = tempfile::Builder::new().prefix("stonechat-faults-").tempdir().unwrap();
    let begun = Instant::now();
    let world = (scene.begin)();
    let client = |device: &_| Client::new(*device, &world.homes, dir.path(), arguments);
    let clients: Vec<_> = scene.devices.iter().map(client).collect();
    let under_way = vec![None; clients.len()];
    let chance = StdRng::seed_from_u64(plan.seed);
    let (diary, findings) = (String::new(), String::new());
    let mut run =
        Run { dir, arguments, world, clients, stop: scene.stop, under_way, given: 0, chance, begun, diary, findings };
    run.meet();
    let (mut faults, mut kills, mut restarts) = (0, 0, 0);
    for n in 0..plan.faults {
        run.write(plan.messages / scene.devices.len() * (n + 1) / plan.faults);
        if let Some(stop) = scene.stop
            && n % RESTART_EVERY == RESTART_EVERY / 2
        {
            run.restart(stop);
            restarts += 1;
        } else {
            kills += usize::from(run.fault());
        }
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
        verdict += run.archive();
    }
    let messages = run.clients.len() * run.given;
    let lost_by_server = run.lost_by_server(&run.archives()).len();
    let (kept, findings) = run.end(verdict);
    Outcome { messages, faults, kills, restarts, lost_by_server, verdict, wall: begun.elapsed(), kept, findings }
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
        let who = self.chance.random_range(0..self.clients.len());
        // Mostly something that works breaks; now and then what is broken already, or has only just been mended.
        if self.chance.random_bool(0.7) {
            let until = Instant::now() + Duration::from_secs(4);
            while !self.clients[who].is_online && Instant::now() < until {
                self.attend();
            }
        }
        self.wait_a_moment();
        if let Some((_, last)) = self.under_way[who].take() {
            last.end(&mut self.clients[who]);
        }
        let fault = Fault::draw(&mut self.chance);
        self.note(&format!("{}: {fault:?}", self.clients[who].name));
        fault.begin(&mut self.clients[who]);
        self.under_way[who] = Some((Instant::now() + fault.lasts, fault));
        fault.is_kill()
    }

    fn wait_a_moment(&mut self) {
        let moment = Instant::now() + Duration::from_millis(self.chance.random_range(0..500));
        while Instant::now() < moment {
            self.attend();
        }
    }

    /// A server goes away at a moment of its own, in whatever state the lines are.
    fn restart(&mut self, stop: Stop) {
        let which = self.chance.random_range(0..self.world.servers.len());
        while self.world.servers[which].is_restarting() {
            self.attend();
        }
        self.wait_a_moment();
        let restart = Restart::draw(stop, &mut self.chance);
        self.note(&format!("server {which}: {restart:?}"));
        self.world.servers[which].restart(restart);
    }

    /// One look at everything.
    fn attend(&mut self) {
        thread::sleep(BEAT);
        for which in 0..self.world.servers.len() {
            if let Some(in_time) = self.world.servers[which].has_restarted() {
                self.note(&format!("server {which}: is back{}", if in_time { "" } else { ", and had to be killed" }));
            }
        }
        for (client, fault) in self.clients.iter_mut().zip(&mut self.under_way) {
            if let Some((_, fault)) = fault.take_if(|(end, _)| *end <= Instant::now()) {
                fault.end(client);
            }
            client.attend();
        }
    }

    fn until(&mut self, what: &str, is: impl Fn(&[Client]) -> bool) -> bool {
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
        while self.under_way.iter().any(Option::is_some) || self.world.servers.iter().any(Server::is_restarting) {
            self.attend();
        }
        self.until("all are online and have accepted all", |clients| {
            clients.iter().all(|client| client.is_online && client.has_accepted_all())
        });
        let deadline = Instant::now() + SETTLE;
        while !self.is_settled() {
            if Instant::now() > deadline {
                for client in &self.clients {
                    let profile = client.profile();
                    let (count, unsent) = (profile::count(&profile), profile::unsent(&profile));
                    let _ = writeln!(
                        self.findings,
                        "{} has {count} messages of {}, {unsent} unsent",
                        client.name,
                        self.clients.len() * self.given
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

    /// Everybody has all messages in their order, and knows that its own have arrived.
    fn is_settled(&self) -> bool {
        let may_lack = self.stop == Some(Stop::Killed);
        let has_all = |client: &Client| {
            let profile = client.profile();
            let has_number = may_lack || profile::count(&profile) == self.clients.len() * self.given;
            has_number && profile::unsent(&profile) == 0
        };
        self.clients.iter().all(has_all) && {
            let archives = self.archives();
            self.clients.iter().all(|client| self.judge(client, true, &archives).0.is_clean())
        }
    }

    /// What is wrong with what they have.
    fn verdict(&mut self) -> Verdict {
        let archives = self.archives();
        let mut verdict = Verdict::default();
        for n in 0..self.clients.len() {
            let (of_client, findings) = self.judge(&self.clients[n], true, &archives);
            verdict += of_client;
            self.findings += &findings;
        }
        verdict
    }

    /// What is wrong with what a new device finds in the servers' archives.
    fn archive(&mut self) -> Verdict {
        let mut verdict = Verdict::default();
        for home in 0..self.world.homes.len() {
            let mut device = Client::another_device(home, &self.world.homes, self.dir.path(), self.arguments);
            device.start();
            let deadline = Instant::now() + ARCHIVE;
            let all = self.clients.len() * self.given - self.lost_by_server(&self.archives()).len();
            while profile::count(&device.profile()) < all && Instant::now() < deadline {
                self.attend();
                device.attend();
            }
            let (of_device, findings) = self.judge(&device, false, &self.archives());
            verdict += of_device;
            self.findings += &findings;
        }
        verdict
    }

    /// What the archives of the two hold.
    fn archives(&self) -> [Vec<Archived>; 2] {
        [0, 1].map(|home| {
            let deadline = Instant::now() + SETTLE;
            loop {
                match self.world.archived(home) {
                    Some(texts) => return texts,
                    None if Instant::now() > deadline => panic!("the archive of {home} can't be read"),
                    None => thread::sleep(BEAT),
                }
            }
        })
    }

    /// What a server that was killed has lost, by its own archives: it had written a message into that of its writer and not
    /// yet into that of who it is for. Its writer finds it there, and so takes it for sent (XEP-0313).
    fn lost_by_server(&self, archives: &[Vec<Archived>; 2]) -> HashSet<String> {
        if self.stop != Some(Stop::Killed) {
            return HashSet::new();
        }
        let [one, other] =
            archives.each_ref().map(|archive| archive.iter().map(|known| &known.text).collect::<HashSet<_>>());
        one.symmetric_difference(&other).map(|text| (*text).clone()).collect()
    }

    /// What is wrong with what a client has, in numbers and in words: of each writer's messages, and in the order of all. A new
    /// device `has_written` none of them.
    fn judge(&self, client: &Client, has_written: bool, archives: &[Vec<Archived>; 2]) -> (Verdict, String) {
        let (mut verdict, mut findings) = (Verdict::default(), String::new());
        let profile = client.profile();
        let texts = profile::texts(&profile);
        let excused = self.lost_by_server(archives);
        for writer in &self.clients {
            let is_excused = |text: &String| excused.contains(text) && !texts.contains(text);
            let lost_by_server = excused.iter().filter(|text| is_excused(text));
            let lost_by_server = lost_by_server.filter(|text| profile::number(writer.name, text).is_some()).count();
            let mut of_writer = profile::judge_texts(&texts, writer.name, self.given);
            of_writer.lost -= lost_by_server;
            if of_writer.is_clean() {
                continue;
            }
            let _ = writeln!(findings, "{}'s messages in {}: {of_writer:?}", writer.name, profile.display());
            let all = (0..self.given).map(|number| profile::text(writer.name, number));
            for text in all.filter(|text| !texts.contains(text) && !excused.contains(text)).take(NAMED) {
                let times =
                    archives.each_ref().map(|archive| archive.iter().filter(|known| known.text == text).count());
                let fate = profile::fate(&writer.profile(), &text);
                let _ =
                    writeln!(findings, "  {text} is missing; its writer has: {fate}; times in the archives: {times:?}");
            }
            verdict += of_writer;
        }
        let server = self.world.server(client.home);
        let apart = if has_written { server.keeps_order_from() } else { Duration::ZERO };
        let is_own = |text: &str| has_written && profile::number(client.name, text).is_some();
        let misplaced = order::misplaced(&archives[client.home], &texts, is_own, apart);
        for (text, above) in misplaced.iter().take(NAMED) {
            let _ = writeln!(findings, "{}: {text} stands below {above}, unlike in the archive", profile.display());
        }
        verdict.out_of_order += misplaced.len();
        (verdict, findings)
    }

    /// All end. What there is to look at is kept where something is wrong; and all that there is to say.
    fn end(mut self, verdict: Verdict) -> (Option<PathBuf>, String) {
        for client in &mut self.clients {
            client.quit();
            let log = fs::read_to_string(client.log_file()).unwrap_or_default();
            if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
                let _ = writeln!(self.findings, "{}: {line}", client.name);
            }
        }
        if verdict.is_clean() && self.findings.is_empty() {
            return (None, self.findings);
        }
        let archives = self.archives();
        let kept = self.dir.keep();
        fs::write(kept.join("diary"), &self.diary).unwrap();
        for (home, archive) in self.world.homes.iter().zip(archives) {
            let texts: Vec<_> = archive.into_iter().map(|known| known.text).collect();
            fs::write(kept.join(format!("archive of {}", home.name)), texts.join("\n")).unwrap();
        }
        for (n, server) in self.world.servers.iter().enumerate() {
            let _ = fs::copy(&server.log_file, kept.join(format!("server {n}.log")));
        }
        (Some(kept), self.findings)
    }
}
