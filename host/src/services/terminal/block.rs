//! An incident as one block behind a bar in the colour of its severity: what, why, evidence, and
//! what to do.

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
const VICTIMS: usize = 6;

impl Terminal {
    /// The block of an incident.
    pub fn block(&self, record: &Record) -> Redacted {
        let severity = record.severity();
        let bar = self.paint(severity, &"┃".into());
        let mark = self.paint(severity, &plain(&severity.as_str().to_uppercase()));
        let id = self.bold(&plain(&record.incident.id.0));
        let title = self.bold(&plain(record.title()));
        let mut lines = vec![Line::new(0, redacted!("{} {} {}", mark, id, title))];
        lines.push(Line::dim(
            2,
            redacted!(
                "{} · {} · {}",
                plain(&record.incident.owner.to_string()),
                plain(record.class()),
                record.state.as_str()
            ),
        ));
        if let Some(finding) = &record.finding {
            self.cause(record, finding, &mut lines);
        }
        // The first of the others is the model's view, where that contradicts.
        let contradicts = record.consulted.as_ref().is_some_and(|c| c.contradicts);
        for (number, other) in record.also.iter().enumerate() {
            lines.push(Line::new(2, redacted!("also: {}", plain(&other.title))));
            if number == 0 && contradicts {
                lines.push(Line::dim(4, plain(&other.cause)));
            }
        }
        lines.extend(victims(record));
        if let Some(decision) = &record.decision {
            self.advice(record, decision, &mut lines);
        }
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

    fn cause(&self, record: &Record, finding: &Finding, lines: &mut Vec<Line>) {
        let cause = super::lines(&finding.cause);
        lines.extend(cause.lines().map(|p| Line::new(2, p).hanging(0)));
        lines.extend(finding.evidence.iter().map(|e| self.evidence(e)));
        let (confidence, by) = (finding.confidence, plain(&record.answered_by));
        lines.push(Line::dim(
            2,
            redacted!("confidence {} of 100, by {}", confidence, by),
        ));
        for claim in &finding.unsupported {
            lines.push(Line::dim(
                2,
                redacted!("without evidence: {}", plain(claim)),
            ));
        }
        let Some(consulted) = &record.consulted else {
            return;
        };
        if consulted.contradicts {
            lines.push(Line::new(
                2,
                "the model contradicts this; its view is below".into(),
            ));
        }
        let why = consulted.why.iter();
        lines.extend(why.map(|why| Line::dim(2, redacted!("not answered by {}", plain(why)))));
    }

    fn evidence(&self, evidence: &Evidence) -> Line {
        let excerpt = lines(&evidence.excerpt).escaped(|text| text.replace('\n', " ⏎ "));
        let id = self.dim(&redacted!("[{}]", plain(&evidence.id)));
        let source = plain(&evidence.source);
        Line::new(
            2,
            redacted!("{} {}: {}", id, source, excerpt.first(EXCERPT)),
        )
        .hanging(5)
    }

    fn advice(&self, record: &Record, decision: &Decision, lines: &mut Vec<Line>) {
        match decision.advice() {
            Advice::Fix(candidate) => self.fix(record, candidate, lines),
            advice @ (Advice::NoSafeFix | Advice::NotKnown(_)) => {
                let why = advice.without_fix().unwrap_or_default();
                let next = plain(&decision.next_check);
                lines.push(Line::new(2, redacted!("{}; next: {}", plain(&why), next)));
            }
        }
        for refused in &decision.refused {
            let (what, why) = (plain(&refused.proposal), plain(&refused.reason));
            lines.push(Line::dim(2, redacted!("refused: {}: {}", what, why)));
        }
    }

    fn fix(&self, record: &Record, candidate: &Candidate, lines: &mut Vec<Line>) {
        let fix = &candidate.fix;
        let name = self.bold(&fix.action.name().into());
        let (target, risk) = (
            plain(&fix.target.to_string()),
            plain(&fix.risk().to_string()),
        );
        let proposer = candidate.proposer().map(|by| format!(", {by}"));
        let proposer = plain(&proposer.unwrap_or_default());
        lines.push(Line::new(
            2,
            redacted!("fix: {} on {} (risk {}{})", name, target, risk, proposer),
        ));
        lines.push(Line::new(4, plain(&candidate.rationale)));
        let diff = super::lines(&candidate.diff.to_string());
        let all = diff.lines().count();
        lines.extend(diff.lines().take(DIFF).map(|line| Line::new(4, line)));
        if all > DIFF {
            let what = redacted!(
                "{} more changed fields: k8shawk approve {} shows all",
                all - DIFF,
                plain(&record.incident.id.0)
            );
            lines.push(Line::new(4, what));
        }
        lines.push(Line::dim(4, redacted!("like: {}", plain(&fix.kubectl()))));
        lines.push(Line::new(
            4,
            redacted!("needs {}", plain(&candidate.ruling.summary())),
        ));
        if let Some(past) = candidate.experience() {
            lines.push(Line::new(
                4,
                redacted!("before: {}", plain(&past.to_string())),
            ));
        }
        if record.state == State::Waiting {
            let id = plain(&record.incident.id.0);
            lines.push(Line::new(
                2,
                redacted!("k8shawk approve {}   or   k8shawk dismiss {}", id, id),
            ));
        }
    }
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
    let text = redacted!("victims ({}): {}{}", victims.len(), named, more);
    (!victims.is_empty()).then(|| Line::new(2, text))
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
}
