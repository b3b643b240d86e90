//! The settings of the grant, parsed.

use k8shawk_sdk::policy::Risk;
use k8shawk_sdk::settings::{Fields, Glob, risk, texts};
use serde_json::Value;

/// Namespaces in which nothing runs without approval, where the operator names none.
const PROTECTED: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// What a rule answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The host's default.
    Allow,
    /// No person is needed.
    Auto,
    /// Never, and why.
    Deny(String),
    /// So many of these.
    Approval {
        /// Names of people or groups; empty means any approver.
        approvers: Vec<String>,
        /// How many.
        count: u32,
        /// For the people who are asked.
        why: String,
    },
}

/// One rule: where it holds and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Namespaces; all where empty.
    pub namespaces: Vec<Glob>,
    /// Risk classes; all where empty.
    pub risks: Vec<Risk>,
    /// Actions by name; all where empty.
    pub actions: Vec<String>,
    /// The answer.
    pub outcome: Outcome,
}

/// Everything that the operator can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The first rule that fits decides.
    pub rules: Vec<Rule>,
    /// Namespaces in which nothing runs without approval.
    pub protected: Vec<Glob>,
}

impl Settings {
    /// Parse the JSON texts of `rules` and `protected`; `actions` are those of the catalogue.
    ///
    /// # Errors
    /// Names the key that is wrong.
    pub fn parse(
        rules: Option<&str>,
        protected: Option<&str>,
        actions: &[String],
    ) -> Result<Settings, String> {
        let rules = match rules {
            None => Vec::new(),
            Some(text) => parse_rules(&json("rules", text)?, actions)?,
        };
        let protected = match protected {
            None => globs("protected", PROTECTED)?,
            Some(text) => match json("protected", text)? {
                Value::Array(list) if list.is_empty() => Vec::new(),
                value => globs("protected", &texts("protected", &value)?)?,
            },
        };
        Ok(Settings { rules, protected })
    }
}

fn json(key: &str, text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|e| format!("{key} is not JSON: {e}"))
}

fn parse_rules(value: &Value, actions: &[String]) -> Result<Vec<Rule>, String> {
    let list = value.as_array().ok_or("rules is not a list of tables")?;
    list.iter()
        .enumerate()
        .map(|(i, rule)| parse_rule(format!("rules[{i}]"), rule, actions))
        .collect()
}

fn parse_rule(at: String, value: &Value, actions: &[String]) -> Result<Rule, String> {
    let known = |name: &str| actions.iter().find(|action| *action == name).cloned();
    let mut fields = Fields::of(at.clone(), value)?;
    let namespaces = fields.texts("namespaces")?.unwrap_or_default();
    let namespaces = globs(&fields.key("namespaces"), &namespaces)?;
    let risks = words(&fields.key("risks"), fields.texts("risks")?, risk)?;
    let actions = words(&fields.key("actions"), fields.texts("actions")?, known)?;
    let outcome = outcome(&at, &mut fields, &risks)?;
    fields.end()?;
    Ok(Rule {
        namespaces,
        risks,
        actions,
        outcome,
    })
}

fn outcome(at: &str, fields: &mut Fields, risks: &[Risk]) -> Result<Outcome, String> {
    let (allow, auto) = (fields.flag("allow")?, fields.flag("auto")?);
    let deny = fields.text("deny")?;
    let approvers = fields.texts("approvers")?;
    let count = fields.count("count")?;
    let why = fields.text("why")?;
    let approval = approvers.is_some() || count.is_some();
    if [allow, auto, deny.is_some(), approval]
        .iter()
        .filter(|said| **said)
        .count()
        != 1
    {
        return Err(format!(
            "{at} needs exactly one of allow, auto, deny, and approvers or count"
        ));
    }
    if !approval && why.is_some() {
        return Err(format!("{at}.why is only valid with approvers or count"));
    }
    if auto && (risks.is_empty() || risks.contains(&Risk::High)) {
        return Err(format!(
            "{at}.auto needs risks that name low or medium; high is never automatic"
        ));
    }
    if let Some(reason) = deny {
        return Ok(Outcome::Deny(reason.to_owned()));
    }
    if !approval {
        return Ok(if auto { Outcome::Auto } else { Outcome::Allow });
    }
    let mut approvers: Vec<String> = approvers
        .unwrap_or_default()
        .into_iter()
        .map(|a| a.trim().to_owned())
        .collect();
    approvers.sort();
    approvers.dedup();
    let why = why.unwrap_or("the operator's rule requires it").to_owned();
    Ok(Outcome::Approval {
        approvers,
        count: count.unwrap_or(1),
        why,
    })
}

fn globs(key: &str, texts: &[&str]) -> Result<Vec<Glob>, String> {
    texts.iter().map(|text| Glob::parse(key, text)).collect()
}

fn words<T>(
    key: &str,
    texts: Option<Vec<&str>>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let word = |text: &str| parse(text).ok_or_else(|| format!("{key}: {text:?} is not known"));
    texts.unwrap_or_default().into_iter().map(word).collect()
}
