//! An incident as one block behind a bar in the colour of its severity: what, why, evidence, and
//! what to do.

use k8shawk_core::decision::{Advice, Candidate, Decision};
use k8shawk_core::finding::{Evidence, Finding};
use k8shawk_core::record::{Record, State};

use super::fold::{Line, width};
use super::{Terminal, plain};

/// Most characters of a quoted fact; `incidents ID -o json` and the RCA have all of it.
const EXCERPT: usize = 200;
/// Most lines of a diff.
const DIFF: usize = 20;
/// Most victims that are named.
const VICTIMS: usize = 6;

impl Terminal {
    /// The block of an incident.
    pub fn block(&self, record: &Record) -> String {
        let severity = record.severity();
        let bar = self.paint(severity, "┃");
        let mark = self.paint(severity, &severity.as_str().to_uppercase());
        let id = self.bold(&record.incident.id.0);
        let mut lines = vec![Line::new(
            0,
            format!("{mark} {id} {}", self.bold(&plain(record.title()))),
        )];
        lines.push(Line::dim(
            2,
            format!(
                "{} · {} · {}",
                plain(&record.incident.owner.to_string()),
                record.class(),
                record.state.as_str()
            ),
        ));
        if let Some(finding) = &record.finding {
            self.cause(record, finding, &mut lines);
        }
        // The first of the others is the model's view, where that contradicts.
        let contradicts = record.consulted.as_ref().is_some_and(|c| c.contradicts);
        for (number, other) in record.also.iter().enumerate() {
            lines.push(Line::new(2, format!("also: {}", plain(&other.title))));
            if number == 0 && contradicts {
                lines.push(Line::dim(4, plain(&other.cause)));
            }
        }
        lines.extend(victims(record));
        if let Some(decision) = &record.decision {
            self.advice(record, decision, &mut lines);
        }
        let width = width().saturating_sub(2);
        let mut text = String::new();
        for line in &lines {
            for row in line.fold(width) {
                let row = if line.dim { self.dim(&row) } else { row };
                text.push_str(&format!("{bar} {row}\n"));
            }
        }
        text
    }

    fn cause(&self, record: &Record, finding: &Finding, lines: &mut Vec<Line>) {
        let paragraphs = finding.cause.lines();
        lines.extend(paragraphs.map(|p| Line::new(2, plain(p)).hanging(0)));
        lines.extend(finding.evidence.iter().map(|e| self.evidence(e)));
        let (confidence, by) = (finding.confidence, plain(&record.answered_by));
        lines.push(Line::dim(
            2,
            format!("confidence {confidence} of 100, by {by}"),
        ));
        for claim in &finding.unsupported {
            lines.push(Line::dim(2, format!("without evidence: {}", plain(claim))));
        }
        let Some(consulted) = &record.consulted else {
            return;
        };
        if consulted.contradicts {
            lines.push(Line::new(
                2,
                "the model contradicts this; its view is below",
            ));
        }
        let why = consulted.why.iter();
        lines.extend(why.map(|why| Line::dim(2, format!("not answered by {}", plain(why)))));
    }

    fn evidence(&self, evidence: &Evidence) -> Line {
        let excerpt = plain(&evidence.excerpt).replace('\n', " ⏎ ");
        let excerpt: String = excerpt.chars().take(EXCERPT).collect();
        let id = self.dim(&format!("[{}]", evidence.id));
        Line::new(2, format!("{id} {}: {excerpt}", plain(&evidence.source))).hanging(5)
    }

    fn advice(&self, record: &Record, decision: &Decision, lines: &mut Vec<Line>) {
        match decision.advice() {
            Advice::Fix(candidate) => self.fix(record, candidate, lines),
            advice @ (Advice::NoSafeFix | Advice::NotKnown(_)) => {
                let why = advice.without_fix().unwrap_or_default();
                let next = plain(&decision.next_check);
                lines.push(Line::new(2, format!("{}; next: {next}", plain(&why))));
            }
        }
        for refused in &decision.refused {
            let (what, why) = (plain(&refused.proposal), plain(&refused.reason));
            lines.push(Line::dim(2, format!("refused: {what}: {why}")));
        }
    }

    fn fix(&self, record: &Record, candidate: &Candidate, lines: &mut Vec<Line>) {
        let fix = &candidate.fix;
        let name = self.bold(fix.action.name());
        let (target, risk) = (plain(&fix.target.to_string()), fix.risk());
        lines.push(Line::new(
            2,
            format!("fix: {name} on {target} (risk {risk})"),
        ));
        lines.push(Line::new(4, plain(&candidate.rationale)));
        let diff = candidate.diff.to_string();
        let diff = diff.lines().take(DIFF);
        lines.extend(diff.map(|line| Line::new(4, plain(line))));
        lines.push(Line::dim(4, format!("like: {}", plain(&fix.kubectl()))));
        lines.push(Line::new(
            4,
            format!("needs {}", plain(&candidate.ruling.summary())),
        ));
        if let Some(past) = candidate.experience() {
            lines.push(Line::new(4, format!("before: {past}")));
        }
        if record.state == State::Waiting {
            let id = &record.incident.id;
            lines.push(Line::new(
                2,
                format!("k8shawk approve {id}   or   k8shawk dismiss {id}"),
            ));
        }
    }
}

fn victims(record: &Record) -> Option<Line> {
    let victims = record.victims();
    let names: Vec<&str> = victims.iter().take(VICTIMS).map(|v| &*v.name).collect();
    let more = match victims.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!("victims ({}): {}{more}", victims.len(), names.join(", "));
    (!victims.is_empty()).then(|| Line::new(2, text))
}
