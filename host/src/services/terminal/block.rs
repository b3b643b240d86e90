//! An incident as one block behind a bar in the colour of its severity: what is wrong, why, what to
//! do, and then the evidence.

use k8shawk_core::count;
use k8shawk_core::decision::{Advice, Candidate, Decision};
use k8shawk_core::finding::{Evidence, Finding};
use k8shawk_core::record::{Record, State};
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::fold::{Line, width};
use super::{Terminal, lines, plain};

/// Most characters of a quoted fact; `incidents ID -o json` and the RCA have all of it.
const EXCERPT: usize = 200;
/// Most lines of a diff.
const DIFF: usize = 20;
/// Most victims that are named.
const VICTIMS: usize = 8;

impl Terminal {
    /// The block of an incident.
    pub fn block(&self, record: &Record) -> Redacted {
        let mut lines = vec![
            Line::new(0, self.head(record)),
            Line::labelled("what", self.bold(&plain(record.title()))),
        ];
        lines.extend(why(record));
        lines.extend(victims(record));
        if let Some(decision) = &record.decision {
            self.advice(record, decision, &mut lines);
        }
        if let Some(finding) = &record.finding {
            self.proof(record, finding, &mut lines);
        }
        let bar = self.paint(record.severity(), &"┃".into());
        let width = width().saturating_sub(2);
        let mut text = Redacted::default();
        for line in &lines {
            for row in line.fold(width) {
                let row = if line.dim { self.dim(&row) } else { row };
                text.push(&redacted!("{} {}\n", bar, row));
            }
        }
        text
    }

    /// How bad it is, which incident, of which object, and where it stands.
    fn head(&self, record: &Record) -> Redacted {
        let severity = record.severity();
        let mark = self.paint(severity, &plain(&severity.as_str().to_uppercase()));
        let owner = self.bold(&plain(&record.incident.owner.to_string()));
        let class = plain(record.class());
        match plain(&record.incident.id.0) {
            // A scan gives no numbers and asks nobody.
            id if id.is_empty() => redacted!("{} {} · {}", mark, owner, class),
            id => {
                let (id, state) = (self.bold(&id), record.standing());
                redacted!("{} {} {} · {} · {}", mark, id, owner, class, state)
            }
        }
    }

    fn advice(&self, record: &Record, decision: &Decision, lines: &mut Vec<Line>) {
        // Where a policy forbids the only fix, that is what to read first.
        let refused = decision.refused.iter().map(|refused| {
            let (what, why) = (plain(&refused.proposal), plain(&refused.reason));
            Line::labelled("refused", redacted!("{}: {}", what, why))
        });
        match decision.advice() {
            Advice::Fix(candidate) => {
                self.fix(record, candidate, lines);
                lines.extend(refused);
            }
            advice @ (Advice::NoSafeFix | Advice::Denied | Advice::NotKnown(_)) => {
                lines.extend(refused);
                let why = plain(&advice.without_fix().unwrap_or_default());
                let next = plain(&decision.next_check);
                let what = redacted!("{}; next: {}", self.bold(&why), next);
                lines.push(Line::labelled("do", what));
            }
        }
    }

    fn fix(&self, record: &Record, candidate: &Candidate, lines: &mut Vec<Line>) {
        let fix = &candidate.fix;
        let id = plain(&record.incident.id.0);
        let what = redacted!(
            "{} on {} ({} risk, {})",
            self.bold(&fix.action.name().into()),
            plain(&fix.target.to_string()),
            plain(&fix.risk().to_string()),
            plain(&candidate.ruling.summary())
        );
        lines.push(Line::labelled("do", what));
        if record.state == State::Waiting {
            let commands = redacted!("k8shawk approve {}   or   k8shawk dismiss {}", id, id);
            lines.push(Line::labelled("", self.bold(&commands)));
        }
        lines.push(Line::labelled("", plain(&candidate.rationale)));
        let diff = super::lines(&candidate.diff.to_string());
        let all = diff.lines().count();
        let shown = diff.lines().take(DIFF);
        lines.extend(shown.map(|l| Line::labelled("", l).hanging(2)));
        if all > DIFF {
            let what = redacted!(
                "{}: k8shawk approve {} shows all",
                plain(&count(all - DIFF, "more changed field")),
                id
            );
            lines.push(Line::labelled("", what));
        }
        let kubectl = redacted!("same as: {}", plain(&fix.kubectl()));
        lines.push(Line::labelled("", kubectl).dim());
        if let Some(by) = candidate.proposer() {
            lines.push(Line::labelled("", plain(&by)).dim());
        }
        if let Some(past) = candidate.experience() {
            let before = redacted!("before: {}", plain(&past.to_string()));
            lines.push(Line::labelled("", before).dim());
        }
    }

    /// What the cause rests on, and what else was found.
    fn proof(&self, record: &Record, finding: &Finding, lines: &mut Vec<Line>) {
        let evidence = finding.evidence.iter().enumerate();
        lines.extend(evidence.map(|(at, e)| {
            let label = if at == 0 { "evidence" } else { "" };
            // What does not fit goes on below the text, not below the number.
            Line::labelled(label, self.evidence(e)).hanging(5)
        }));
        for claim in &finding.unsupported {
            let what = redacted!("without evidence: {}", plain(claim));
            lines.push(Line::labelled("", what).dim());
        }
        // The first of the others is the model's view, where that contradicts.
        let contradicts = record.consulted.as_ref().is_some_and(|c| c.contradicts);
        for (number, other) in record.also.iter().enumerate() {
            lines.push(Line::labelled("also", plain(&other.title)));
            if number == 0 && contradicts {
                lines.push(Line::labelled("", plain(&other.cause)));
            }
        }
        let by = plain(&record.answered_by);
        let sure = redacted!("confidence {} of 100, by {}", finding.confidence, by);
        lines.push(Line::labelled("", sure).dim());
        let Some(consulted) = &record.consulted else {
            return;
        };
        if consulted.contradicts {
            let what = "the model contradicts this; its view is under \"also\"";
            lines.push(Line::labelled("", what.into()));
        }
        for why in &consulted.why {
            let what = redacted!("not answered by {}", plain(why));
            lines.push(Line::labelled("", what).dim());
        }
    }

    fn evidence(&self, evidence: &Evidence) -> Redacted {
        let excerpt = lines(&evidence.excerpt).escaped(|text| text.replace('\n', " ⏎ "));
        let id = self.dim(&redacted!("[{}]", plain(&evidence.id)));
        let source = plain(&evidence.source);
        redacted!("{} {}: {}", id, source, excerpt.shortened(EXCERPT))
    }
}

fn why(record: &Record) -> Vec<Line> {
    let Some(finding) = &record.finding else {
        return Vec::new();
    };
    let cause = lines(&finding.cause);
    let rows = cause.lines().enumerate();
    rows.map(|(at, row)| Line::labelled(if at == 0 { "why" } else { "" }, row))
        .collect()
}

fn victims(record: &Record) -> Option<Line> {
    let victims = record.victims();
    let names: Vec<Redacted> = victims
        .iter()
        .take(VICTIMS)
        .map(|v| plain(&v.name))
        .collect();
    let more = match victims.len().saturating_sub(names.len()) {
        0 => Redacted::default(),
        more => redacted!(" and {} more", more),
    };
    let named = Redacted::join(&names, ", ");
    let text = redacted!("also affected ({}): {}{}", victims.len(), named, more);
    (!victims.is_empty()).then(|| Line::labelled("", text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::testing::record;

    #[test]
    fn what_is_not_shown_of_a_diff_is_counted() {
        let mut record = record();
        let candidate = &mut record.decision.as_mut().unwrap().candidates[0];
        let line = candidate.diff.lines[0].clone();
        candidate.diff.lines = vec![line; DIFF + 49];
        let text = Terminal::quiet().block(&record).into_string();
        assert!(text.contains("49 more changed fields"), "{text}");
        assert!(text.contains("approve inc-7 shows all"), "{text}");
    }

    #[test]
    fn evidence_that_is_cut_says_so() {
        let mut record = record();
        let evidence = &mut record.finding.as_mut().unwrap().evidence[0];
        evidence.excerpt = "registry.example.com/shop/checkout ".repeat(10);
        let text = Terminal::quiet().block(&record).into_string();
        let cut = text.lines().find(|line| line.contains('…'));
        assert!(cut.is_some_and(|line| line.ends_with('…')), "{text}");
    }

    #[test]
    fn what_is_wrong_why_and_what_to_do_come_before_the_evidence() {
        let text = Terminal::quiet().block(&record()).into_string();
        let labels = ["what ", "why ", "do ", "k8shawk approve inc-7", "evidence "];
        let places: Vec<_> = labels.map(|label| text.find(label).unwrap()).to_vec();
        assert!(places.is_sorted(), "{places:?} in {text}");
        assert!(text.starts_with("┃ HIGH inc-7 "), "{text}");
    }
}
