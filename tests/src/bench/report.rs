use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::figure::Figure;

const HEAD: [&str; 6] = ["measured", "ours", "reference", "ratio", "target", ""];

/// Prints the figures as a table, in Markdown.
pub fn print(figures: &[Figure]) {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(figures.iter().map(row));
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| {
            rows.iter()
                .filter_map(|r| r.get(column))
                .map(|c| c.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for (number, row) in rows.iter().enumerate() {
        line(row, &widths, ' ');
        if number == 0 {
            line(&HEAD.map(|_| String::new()), &widths, '-');
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
