//! The same for an object that is described as lines in the manner of YAML.

use super::Veil;

/// What the lines of a description belong to.
enum Part {
    /// Anything else.
    Other,
    /// Data of a ConfigMap, annotations: fields deeper than so many columns.
    Fields(usize, bool),
    /// Arguments: items from so many columns on.
    Items(usize, usize),
}

impl Veil {
    /// A description as it may be shown.
    pub fn described(&self, text: &str) -> String {
        let config = text.lines().any(|line| line == "kind: ConfigMap");
        let mut lines: Vec<String> = Vec::new();
        let mut part = Part::Other;
        let mut name: Option<(usize, String)> = None;
        for line in text.lines() {
            let column = column(line);
            let ends = match part {
                Part::Other => false,
                Part::Fields(at, _) => column <= at,
                Part::Items(at, _) => column < at || !line.trim_start().starts_with("- "),
            };
            if ends {
                self.finish(&part, &mut lines);
                part = Part::Other;
            }
            if let Part::Items(..) = part {
                lines.push(line.to_owned());
                continue;
            }
            let body = line.trim_start().trim_start_matches("- ");
            let inner = line.len() - body.len();
            let Some((key, value)) = body.split_once(':') else {
                lines.push(line.to_owned());
                continue;
            };
            let value = value.trim_start();
            let shown = match (&part, key) {
                (Part::Fields(_, true), _) => Some(self.written(value, |v| self.value(key, v))),
                (Part::Fields(_, false), _) => {
                    Some(self.written(value, |v| self.annotation(key, v)))
                }
                (_, "value") => name
                    .as_ref()
                    .filter(|(at, _)| *at == inner)
                    .map(|(_, name)| self.written(value, |v| self.value(name, v))),
                _ => None,
            };
            match key {
                "name" => name = Some((inner, value.to_owned())),
                "data" if config && column == 0 && value.is_empty() => part = Part::Fields(0, true),
                "annotations" if value.is_empty() => part = Part::Fields(column, false),
                "args" | "command" if value.is_empty() => {
                    part = Part::Items(inner, lines.len() + 1)
                }
                _ => {}
            }
            lines.push(match shown {
                Some(shown) => format!("{}{key}: {shown}", line.get(..inner).unwrap_or_default()),
                None => line.to_owned(),
            });
        }
        self.finish(&part, &mut lines);
        lines.join("\n")
    }

    /// A value whose line ends are written as `\n`.
    fn written(&self, value: &str, shown: impl Fn(&str) -> String) -> String {
        shown(&value.replace("\\n", "\n")).replace('\n', "\\n")
    }

    /// The items of a command line, once all are there.
    fn finish(&self, part: &Part, lines: &mut [String]) {
        let Part::Items(_, from) = part else {
            return;
        };
        let Some(lines) = lines.get_mut(*from..) else {
            return;
        };
        let texts: Vec<String> = lines
            .iter()
            .map(|line| {
                line.trim_start()
                    .trim_start_matches("- ")
                    .replace("\\n", "\n")
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for (line, shown) in lines.iter_mut().zip(self.arguments(&texts)) {
            let indent = " ".repeat(column(line));
            *line = format!("{indent}- {}", shown.replace('\n', "\\n"));
        }
    }
}

fn column(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
