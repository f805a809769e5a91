//! Care with stanzas on which streams seem to end: one at a time, each on a line that has just proved to carry something. Puts
//! together what is suspected and what is tried; writes nothing itself.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    pending::{Name, Pending},
    sm::{Culprit, Evidence, Line, Trial},
};

#[derive(Debug, Default)]
pub struct Care {
    culprit: Culprit<Name>,
    /// What the line carries before a suspect goes out on this stream.
    trial: Option<Trial<Name>>,
    /// When something was written last.
    written_at: Option<Instant>,
}

/// Whether a suspect may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    Now,
    /// After so many requests for an acknowledgement, which are to be written now.
    After(u32),
    /// After those that are out.
    NotYet,
}

impl Care {
    /// One at a time.
    pub fn is_taken(&self, now: Instant) -> bool {
        self.culprit.is_careful(now)
    }

    /// Whether this one, which is the next with care, may go out.
    pub fn leave(&mut self, next: &Pending) -> Leave {
        if let Some(trial) = self.trial.as_ref().filter(|trial| trial.is_for(&next.name)) {
            return if trial.has_held() { Leave::Now } else { Leave::NotYet };
        }
        let Some(length) = self.culprit.trial(next.name, next.length()) else { return Leave::Now };
        let trial = Trial::new(next.name, length);
        let requests = trial.unanswered();
        self.trial = Some(trial);
        Leave::After(requests)
    }

    pub fn written(&mut self, now: Instant) {
        self.written_at = Some(now);
    }

    /// A request for an acknowledgement was answered.
    pub fn answered(&mut self) {
        if let Some(trial) = &mut self.trial {
            trial.answered();
        }
    }

    /// Looks at how a stream ended on which these were out. True: one of them is known to be the cause.
    pub fn judge(&mut self, evidence: Evidence, out: &[Name]) -> bool {
        let since = self.written_at.map_or(Duration::MAX, |at| at.elapsed());
        let line = match &self.trial {
            Some(trial) if !trial.has_held() => Line::Broke,
            Some(trial) if out.first().is_some_and(|first| trial.is_for(first)) => Line::Held,
            Some(_) | None => Line::Untried,
        };
        self.culprit.ended(evidence, line, out, since, Instant::now())
    }

    /// The stream is gone.
    pub fn detach(&mut self) {
        self.trial = None;
    }

    /// The server has this one, or it is gone for good.
    pub fn acquit(&mut self, name: Name) {
        self.culprit.acquit(name);
    }

    /// This one is not to be sent again. True once.
    pub fn convict(&mut self, name: Name) -> bool {
        self.culprit.convict(name)
    }

    /// Another network, or another server at the other end of it.
    pub fn forget(&mut self) {
        self.culprit.forget();
    }
}
