//! Holding what was found against what a fault expects.

use serde_json::Value;

use super::Fault;

/// Everything that is not as expected, in sentences.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mismatches(pub Vec<String>);

impl std::fmt::Display for Mismatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl Fault {
    /// Hold the findings of a scan against this fault.
    pub fn judge(&self, findings: &[Value]) -> Mismatches {
        let mut faults = Vec::new();
        if findings.len() != self.incidents() {
            let classes: Vec<String> = findings
                .iter()
                .map(|f| format!("{} {}", text(f, "/class"), text(f, "/owner/name")))
                .collect();
            faults.push(format!(
                "{} incidents instead of {}: {classes:?}",
                findings.len(),
                self.incidents()
            ));
        }
        if self.harmless {
            return Mismatches(faults);
        }
        let fits = |f: &&Value| self.is_class(text(f, "/class"));
        match findings.iter().find(fits) {
            Some(found) => self.judge_one(found, &mut faults),
            None => {
                let told: Vec<String> = findings
                    .iter()
                    .map(|f| format!("{} ({})", text(f, "/class"), text(f, "/cause")))
                    .collect();
                faults.push(format!("no finding of class {}, but {told:?}", self.class));
            }
        }
        for other in &self.others {
            if !findings.iter().any(|f| text(f, "/class") == other) {
                faults.push(format!("no finding of class {other}"));
            }
        }
        Mismatches(faults)
    }

    fn is_class(&self, class: &str) -> bool {
        class == self.class || self.also.iter().any(|a| a == class)
    }

    fn judge_one(&self, found: &Value, faults: &mut Vec<String>) {
        let cause = text(found, "/cause");
        for part in &self.cause {
            if !cause.to_lowercase().contains(&part.to_lowercase()) {
                faults.push(format!("the cause does not name {part:?}: {cause}"));
            }
        }
        if !self.names_object(found) {
            faults.push(format!(
                "it is not about {}: {}",
                self.object, found["owner"]
            ));
        }
        for evidence in found["evidence"].as_array().into_iter().flatten() {
            if text(evidence, "/excerpt").is_empty() {
                faults.push(format!("evidence without an excerpt: {evidence}"));
            }
        }
        if !cause.contains("[e1]") {
            faults.push(format!("the cause cites no evidence: {cause}"));
        }
        if let Some(expected) = &self.fix {
            self.judge_fix(expected, found, faults);
        }
    }

    fn judge_fix(&self, expected: &str, found: &Value, faults: &mut Vec<String>) {
        let action = found
            .pointer("/fix/action")
            .and_then(Value::as_str)
            .unwrap_or("none");
        if action != expected {
            let refused = &found["refused_fixes"];
            faults.push(format!(
                "the fix is {action} instead of {expected} (refused: {refused})"
            ));
        }
        for (name, value) in &self.parameters {
            let given = text(found, &format!("/fix/parameters/{name}"));
            if action == expected && given != value {
                faults.push(format!("{name} is {given:?} instead of {value:?}"));
            }
        }
    }

    fn names_object(&self, found: &Value) -> bool {
        let is = |object: &Value| {
            format!("{}/{}", text(object, "/kind"), text(object, "/name")) == self.object
        };
        let victims = found["victims"].as_array();
        self.object.is_empty()
            || is(&found["owner"])
            || is(&found["object"])
            || victims.is_some_and(|v| v.iter().any(is))
    }
}
