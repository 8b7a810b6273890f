//! Health checks that use the pool: what they cost, and what is made of their answers.

use crate::units::Span;

/// Health checks of every instance, each of which takes a connection from the pool for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probes {
    /// From the start of one to the start of the next.
    pub every: Span,
    /// A probe that has no answer by then has failed.
    pub timeout: Span,
    /// How long one keeps its connection.
    pub hold: Span,
    /// So many failures in a row are a verdict; at least one.
    pub failures: u32,
    /// So many successes in a row bring an ejected instance back; at least one.
    pub successes: u32,
    /// What the verdict is.
    pub action: Action,
}

/// What happens to an instance whose probes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It gets no new requests until its probes succeed again.
    Eject,
    /// It is stopped, and another takes its place.
    Restart {
        /// How long until that one serves.
        takes: Span,
    },
}

impl Probes {
    pub(super) fn words(&self) -> String {
        let verdict = match self.action {
            Action::Eject => "it gets no new requests until they succeed again".to_owned(),
            Action::Restart { takes } => format!("it is restarted, which takes {takes}"),
        };
        let failures =
            if self.failures == 1 { "one fails".to_owned() } else { format!("{} in a row fail", self.failures) };
        format!("every {} a health check takes a connection of each instance; when {failures}, {verdict}", self.every)
    }
}

/// What is to be done with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It gets no new requests. Probes go on.
    Eject,
    /// It gets requests again.
    Return,
    /// It is stopped and replaced; the next one's health begins anew.
    Restart,
}

/// What the last probes of one instance said. As readiness and liveness probes of Kubernetes do, it counts answers in a row.
#[derive(Clone, Debug)]
pub struct Health {
    config: Probes,
    /// Answers in a row that speak against its present state.
    against: u32,
    out: bool,
}

impl Health {
    /// Of an instance that is taken to be well.
    pub fn new(config: Probes) -> Self {
        Self { config, against: 0, out: false }
    }

    /// A probe was answered in time, or was not.
    pub fn saw(&mut self, ok: bool) -> Option<Verdict> {
        if ok != self.out {
            self.against = 0;
            return None;
        }
        self.against += 1;
        let enough = if self.out { self.config.successes } else { self.config.failures };
        (self.against >= enough).then(|| self.turn())
    }

    /// Whether it is ejected.
    pub fn is_out(&self) -> bool {
        self.out
    }

    fn turn(&mut self) -> Verdict {
        self.against = 0;
        match (self.config.action, self.out) {
            (Action::Restart { .. }, _) => Verdict::Restart,
            (Action::Eject, false) => {
                self.out = true;
                Verdict::Eject
            }
            (Action::Eject, true) => {
                self.out = false;
                Verdict::Return
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes(action: Action) -> Probes {
        let span = |text| Span::parse(text).unwrap();
        Probes { every: span("10s"), timeout: span("1s"), hold: span("1ms"), failures: 3, successes: 2, action }
    }

    fn verdicts(health: &mut Health, answers: &str) -> Vec<(usize, Verdict)> {
        let seen = answers.bytes().enumerate();
        seen.filter_map(|(n, answer)| health.saw(answer == b'y').map(|verdict| (n, verdict))).collect()
    }

    #[test]
    fn failures_in_a_row_eject_and_successes_in_a_row_bring_back() {
        let mut health = Health::new(probes(Action::Eject));
        assert_eq!(verdicts(&mut health, "nnynnyyy"), []);
        assert_eq!(verdicts(&mut health, "nnnnnn"), [(2, Verdict::Eject)]);
        assert!(health.is_out());
        assert_eq!(verdicts(&mut health, "ynynyy"), [(5, Verdict::Return)]);
        assert!(!health.is_out());
        assert_eq!(verdicts(&mut health, "nnn"), [(2, Verdict::Eject)], "counted from nothing again");
    }

    #[test]
    fn a_restart_is_ordered_again_while_nothing_gets_better() {
        let takes = Span::parse("30s").unwrap();
        let mut health = Health::new(probes(Action::Restart { takes }));
        assert_eq!(verdicts(&mut health, "nnynnnynnn"), [(5, Verdict::Restart), (9, Verdict::Restart)]);
        assert!(!health.is_out());
    }

    #[test]
    fn one_answer_is_enough_where_one_is_asked_for() {
        let mut health = Health::new(Probes { failures: 1, successes: 1, ..probes(Action::Eject) });
        assert_eq!(verdicts(&mut health, "nyn"), [(0, Verdict::Eject), (1, Verdict::Return), (2, Verdict::Eject)]);
    }
}
