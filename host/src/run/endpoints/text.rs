//! Two text formats of one exposition: OpenMetrics, and the older one that everything reads.

use std::collections::HashSet;
use std::fmt::Write;

/// Media type of OpenMetrics.
pub(super) const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Media type of the older format.
pub(super) const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The older format of an OpenMetrics text: there a counter's family has its ending too, and
/// there are neither units nor an end.
pub(super) fn classic(open: &str) -> String {
    let counters: HashSet<&str> = open
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(open.len());
    for line in open.lines() {
        // Writing to a text cannot fail.
        let _ = match line.strip_prefix("# ").and_then(words) {
            Some(("UNIT", ..)) => Ok(()),
            Some((word @ ("HELP" | "TYPE"), name, rest)) if counters.contains(name) => {
                writeln!(text, "# {word} {name}_total {rest}")
            }
            None if line == "# EOF" => Ok(()),
            _ => writeln!(text, "{line}"),
        };
    }
    text
}

/// A word, a name, and the rest.
fn words(line: &str) -> Option<(&str, &str, &str)> {
    let (word, rest) = line.split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    Some((word, name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_has_its_ending_everywhere_in_the_older_format() {
        let open = "# HELP a_calls Calls.\n# TYPE a_calls counter\na_calls_total{x=\"# EOF\"} 1\n\
                    # HELP b Size.\n# TYPE b gauge\n# UNIT b bytes\nb 2\n# EOF\n";
        let wanted = "# HELP a_calls_total Calls.\n# TYPE a_calls_total counter\n\
                      a_calls_total{x=\"# EOF\"} 1\n# HELP b Size.\n# TYPE b gauge\nb 2\n";
        assert_eq!(classic(open), wanted);
    }
}
