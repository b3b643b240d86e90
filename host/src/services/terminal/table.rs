//! Incidents as a table that fits: what no width is left for is left out, and no name is ever broken.

use comfy_table::{ContentArrangement, Table, presets};
use console::measure_text_width;
use k8shawk_core::decision::Advice;
use k8shawk_core::rca::time;
use k8shawk_core::record::Record;
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::fold::Line;
use super::{Terminal, plain};

/// Blanks between two columns.
const GAP: u16 = 2;
/// Columns of a state: longer words go below each other.
const STATE: usize = 15;
/// Fewest columns in which a cause is worth reading beside the others.
const READABLE: usize = 32;

/// What a column says of an incident; left out from the end of [`LEFT_OUT`] on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Id,
    Severity,
    State,
    Object,
    Cause,
    Fix,
    Opened,
}

const ALL: [Column; 7] = [
    Column::Id,
    Column::Severity,
    Column::State,
    Column::Object,
    Column::Cause,
    Column::Fix,
    Column::Opened,
];

/// What goes first where the table is too wide.
const LEFT_OUT: [Column; 3] = [Column::Opened, Column::Fix, Column::Severity];

impl Column {
    fn title(self) -> &'static str {
        match self {
            Column::Id => "ID",
            Column::Severity => "SEVERITY",
            Column::State => "STATE",
            Column::Object => "OBJECT",
            Column::Cause => "CAUSE",
            Column::Fix => "FIX",
            Column::Opened => "OPENED",
        }
    }

    fn cell(self, terminal: &Terminal, r: &Record) -> Redacted {
        match self {
            Column::Id => plain(&r.incident.id.0),
            Column::Severity => terminal.paint(r.severity(), &r.severity().as_str().into()),
            Column::State => {
                let words = Line::new(0, r.standing().into()).hanging(0);
                Redacted::join(&words.fold(STATE), "\n")
            }
            Column::Object => plain(&r.incident.owner.to_string()),
            Column::Cause => plain(r.title()),
            Column::Fix => fix(r).into(),
            Column::Opened => plain(&time(r.incident.opened_at)),
        }
    }
}

/// The action that is or was decided on.
fn fix(record: &Record) -> &'static str {
    match record.advice() {
        None => "-",
        Some(Advice::Fix(candidate)) => candidate.fix.action.name(),
        Some(Advice::Denied) => "denied",
        Some(Advice::NotKnown(_)) => "not known",
        Some(Advice::NoSafeFix) => "no safe fix",
    }
}

impl Terminal {
    /// Incidents as a table of at most `width` columns; one below the other where that is too narrow
    /// for a table.
    pub(super) fn rows(&self, records: &[Record], width: usize) -> Redacted {
        let mut columns = ALL.to_vec();
        let mut gone = LEFT_OUT.iter();
        loop {
            let taken = self.taken(&columns, records);
            if taken + READABLE <= width || records.is_empty() {
                return self.side_by_side(&columns, records, width - taken.min(width));
            }
            match gone.next() {
                Some(next) => columns.retain(|column| column != next),
                None => return self.below_each_other(records, width),
            }
        }
    }

    /// What the columns need beside the cause, which takes what is left.
    fn taken(&self, columns: &[Column], records: &[Record]) -> usize {
        let cells = |column: &Column| {
            let shown = records.iter().map(|r| column.cell(self, r));
            let width = |cell: Redacted| cell.lines().map(|l| measure_text_width(l.as_str())).max();
            let widest = shown.filter_map(width).max();
            widest.unwrap_or(0).max(column.title().len())
        };
        let gap = usize::from(GAP);
        let width = |column: &Column| match column {
            Column::Cause => gap,
            other => cells(other) + gap,
        };
        columns.iter().map(width).sum()
    }

    fn side_by_side(&self, columns: &[Column], records: &[Record], cause: usize) -> Redacted {
        let mut table = Table::new();
        // The cause is folded here: the library would break a name that is longer than its column.
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(columns.iter().map(|c| self.bold(&c.title().into())));
        for record in records {
            table.add_row(columns.iter().map(|column| {
                let cell = column.cell(self, record);
                match column {
                    Column::Cause => {
                        Redacted::join(&Line::new(0, cell).hanging(0).fold(cause), "\n")
                    }
                    _ => cell,
                }
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, GAP));
        }
        // Its cells are redacted, its frame is ours.
        Redacted::default().escaped(|_| table.trim_fmt())
    }

    fn below_each_other(&self, records: &[Record], width: usize) -> Redacted {
        let one = |r: &Record| {
            let cell = |column: Column| column.cell(self, r);
            let head = redacted!(
                "{}  {}  {}",
                self.bold(&cell(Column::Id)),
                cell(Column::Severity),
                r.standing()
            );
            let mut rows = vec![head];
            for column in [Column::Object, Column::Cause] {
                rows.extend(Line::new(2, cell(column)).hanging(0).fold(width));
            }
            Redacted::join(&rows, "\n")
        };
        let all: Vec<Redacted> = records.iter().map(one).collect();
        Redacted::join(&all, "\n")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::services::testing::record;

    fn records() -> Vec<Record> {
        let mut other = record();
        other.incident.owner.name = "a-name-that-is-quite-long".to_owned();
        vec![record(), other]
    }

    #[rstest]
    fn no_row_is_wider_than_the_terminal_and_no_name_is_broken(
        #[values(40, 60, 80, 100, 120, 200)] width: usize,
    ) {
        let text = Terminal::quiet().rows(&records(), width).into_string();
        for line in text.lines() {
            assert!(measure_text_width(line) <= width, "{width}: {line:?}");
        }
        for record in records() {
            let owner = record.incident.owner.to_string();
            for word in owner.split(' ').chain(record.title().split(' ')) {
                assert!(text.contains(word), "{width}: {word:?} in {text}");
            }
        }
    }

    #[test]
    fn a_wide_terminal_shows_every_column_and_a_narrow_one_what_matters() {
        let text = |width| Terminal::quiet().rows(&records(), width).into_string();
        assert!(text(200).contains("OPENED") && text(200).contains("FIX"));
        assert!(!text(100).contains("OPENED") && text(100).contains("CAUSE"));
        assert!(!text(60).contains("CAUSE"));
    }
}
