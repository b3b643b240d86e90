use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::figure::Figure;

const HEAD: [&str; 6] = ["measured", "ours", "reference", "ratio", "target", ""];

/// Prints the figures in Markdown: a table of those that stand alone, and one of those with subjects.
pub fn print(figures: &[Figure]) {
    let (several, alone): (Vec<_>, Vec<_>) = figures.iter().partition(|f| f.subject.is_some());
    if !alone.is_empty() {
        let head = HEAD.map(str::to_owned).to_vec();
        table(head, alone.into_iter().map(|figure| row(figure).to_vec()));
    }
    if !several.is_empty() {
        println!();
        let (head, rows) = by_subject(&several);
        table(head, rows.into_iter());
    }
}

/// A row for each subject, a column for each name, in the order in which they come.
fn by_subject(figures: &[&Figure]) -> (Vec<String>, Vec<Vec<String>>) {
    let (mut names, mut subjects) = (Vec::new(), Vec::new());
    for figure in figures {
        let (name, subject) = (figure.name.as_str(), figure.subject.unwrap_or_default());
        if !names.contains(&name) {
            names.push(name);
        }
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let cell_of = |subject: &str, name: &str| {
        let here = |f: &&&Figure| f.subject == Some(subject) && f.name == name;
        figures
            .iter()
            .find(here)
            .map(|f| cell(f))
            .unwrap_or_default()
    };
    let rows = subjects.iter().map(|subject| {
        let cells = names.iter().map(|name| cell_of(subject, name));
        [(*subject).to_owned()].into_iter().chain(cells).collect()
    });
    let head = [String::new()]
        .into_iter()
        .chain(names.iter().map(|name| (*name).to_owned()));
    (head.collect(), rows.collect())
}

/// The number, its ratio, and whether its target is met.
fn cell(figure: &Figure) -> String {
    let [_, ours, _, ratio, target, met] = row(figure);
    let of_target = (!target.is_empty()).then(|| format!("{target}: {met}"));
    let ratio = Some(ratio).filter(|ratio| !ratio.is_empty());
    let notes: Vec<String> = ratio.into_iter().chain(of_target).collect();
    match notes.is_empty() {
        true => ours,
        false => format!("{ours} ({})", notes.join(", ")),
    }
}

fn table(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for (number, row) in rows.iter().enumerate() {
        line(row, &widths, ' ');
        if number == 0 {
            line(&vec![String::new(); columns], &widths, '-');
        }
    }
}

/// Writes the figures as a JSON array.
///
/// # Errors
/// The file or its directory cannot be written.
pub fn write(figures: &[Figure], file: &Path) -> Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
    }
    let text = serde_json::to_string_pretty(figures)? + "\n";
    fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

fn line(row: &[String], widths: &[usize], fill: char) {
    let cells = row.iter().zip(widths).map(|(cell, width)| {
        let padding = fill
            .to_string()
            .repeat(width.saturating_sub(cell.chars().count()));
        format!("{cell}{padding}")
    });
    println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn row(figure: &Figure) -> [String; 6] {
    let unit = |value: f64| {
        format!("{} {}", number(value), figure.unit)
            .trim()
            .to_owned()
    };
    let bound = if figure.at_least {
        "at least"
    } else {
        "at most"
    };
    let target = figure.target.map(|target| match figure.reference {
        Some(_) => format!("{bound} {}x", number(target)),
        None => format!("{bound} {}", unit(target)),
    });
    let met = figure.met.map(|met| if met { "met" } else { "MISSED" });
    [
        figure.name.clone(),
        unit(figure.ours),
        figure.reference.map(unit).unwrap_or_default(),
        figure
            .ratio
            .map(|ratio| format!("{}x", number(ratio)))
            .unwrap_or_default(),
        target.unwrap_or_default(),
        met.unwrap_or_default().to_owned(),
    ]
}

/// Three significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        size if size == size.trunc() || size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
