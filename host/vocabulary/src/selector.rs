//! Label selectors, of both forms that Kubernetes has: a text such as `app=web,tier!=db,!old`, and
//! the object of `matchLabels` and `matchExpressions`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// What a label must be like; the label may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand<'s> {
    /// It is there, with this value.
    Is(&'s str),
    /// It is there, with one of these values.
    In(Vec<&'s str>),
    /// It has none of these values, or is missing.
    NotIn(Vec<&'s str>),
    /// It is there.
    Exists,
    /// It is missing.
    IsMissing,
    /// It is a number above this one; of nodes alone.
    Above(i64),
    /// It is a number below this one; of nodes alone.
    Below(i64),
}

impl<'s> Demand<'s> {
    /// The demand of an expression's operator; none where it is not known.
    pub fn of(operator: &str, values: Vec<&'s str>) -> Option<Demand<'s>> {
        let number = || values.first()?.parse().ok();
        match operator {
            "In" => Some(Demand::In(values)),
            "NotIn" => Some(Demand::NotIn(values)),
            "Exists" => Some(Demand::Exists),
            "DoesNotExist" => Some(Demand::IsMissing),
            "Gt" => number().map(Demand::Above),
            "Lt" => number().map(Demand::Below),
            _ => None,
        }
    }

    /// True where a label (none where it is missing) is like that.
    pub fn is_met(&self, found: Option<&str>) -> bool {
        let number = || found?.parse::<i64>().ok();
        match self {
            Demand::Is(wanted) => found == Some(wanted),
            Demand::In(wanted) => found.is_some_and(|found| wanted.contains(&found)),
            Demand::NotIn(unwanted) => !found.is_some_and(|found| unwanted.contains(&found)),
            Demand::Exists => found.is_some(),
            Demand::IsMissing => found.is_none(),
            Demand::Above(bound) => number().is_some_and(|number| number > *bound),
            Demand::Below(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

/// Demands on labels, all of which must be met: one without any fits every object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector<'s>(Vec<(&'s str, Demand<'s>)>);

impl<'s> Selector<'s> {
    /// A selector of a request: `key=value` (or `==`), `key!=value`, `key` and `!key`, with commas
    /// between; none where it names a set, such as `key in (a, b)`.
    pub fn parse(text: &'s str) -> Option<Selector<'s>> {
        let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
        let demands = parts.map(|part| {
            if let Some((key, value)) = part.split_once("!=") {
                return (key, Demand::NotIn(vec![value]));
            }
            if let Some((key, value)) = part.split_once('=') {
                return (key, Demand::Is(value.strip_prefix('=').unwrap_or(value)));
            }
            match part.strip_prefix('!') {
                Some(key) => (key, Demand::IsMissing),
                None => (part, Demand::Exists),
            }
        });
        (!text.contains('(')).then(|| Selector(demands.collect()))
    }

    /// A selector of labels alone, such as that of a Service.
    pub fn of_labels(labels: impl IntoIterator<Item = (&'s str, &'s str)>) -> Selector<'s> {
        let demands = labels.into_iter();
        Selector(
            demands
                .map(|(key, value)| (key, Demand::Is(value)))
                .collect(),
        )
    }

    /// True where it demands nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where every demand is met by what `label` finds under its key.
    pub fn fits<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|(key, demand)| demand.is_met(label(key)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form<'s> {
    #[serde(borrow)]
    match_labels: Option<BTreeMap<&'s str, &'s str>>,
    #[serde(borrow)]
    match_expressions: Option<Vec<Expression<'s>>>,
}

#[derive(Deserialize)]
struct Expression<'s> {
    key: &'s str,
    operator: &'s str,
    #[serde(borrow)]
    values: Option<Vec<&'s str>>,
}

/// From `matchLabels` and `matchExpressions`. An operator that is not known demands nothing.
impl<'de: 's, 's> Deserialize<'de> for Selector<'s> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(from)?;
        let mut selector = Selector::of_labels(form.match_labels.unwrap_or_default());
        let expressions = form.match_expressions.unwrap_or_default();
        selector.0.extend(
            expressions.into_iter().filter_map(|e| {
                Some((e.key, Demand::of(e.operator, e.values.unwrap_or_default())?))
            }),
        );
        Ok(selector)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    /// The labels of an object that is looked at: `app=web`, `size=7`.
    fn labels(key: &str) -> Option<&'static str> {
        match key {
            "app" => Some("web"),
            "size" => Some("7"),
            _ => None,
        }
    }

    #[rstest]
    #[case("", true)]
    #[case("app=web", true)]
    #[case("app==web", true)]
    #[case(" app = web ", false)]
    #[case("app=web,size=7", true)]
    #[case("app=web,size=8", false)]
    #[case("app", true)]
    #[case("!app", false)]
    #[case("!old", true)]
    #[case("app!=web", false)]
    #[case("tier=x", false)]
    #[case("tier=", false)]
    #[case("tier!=x", true)]
    fn a_text_fits_as_at_the_api_server(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(Selector::parse(text).unwrap().fits(labels), fits);
    }

    #[test]
    fn a_set_is_refused_and_not_taken_for_a_key() {
        assert_eq!(Selector::parse("app in (a,b)"), None);
    }

    #[rstest]
    #[case::empty(json!({}), true)]
    #[case::nothing(json!({"matchLabels": null, "matchExpressions": null}), true)]
    #[case::label(json!({"matchLabels": {"app": "web"}}), true)]
    #[case::other(json!({"matchLabels": {"app": "api"}}), false)]
    #[case::within(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}), true)]
    #[case::not_within(json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), false)]
    #[case::missing_is_not_within(json!({"matchExpressions": [{"key": "old", "operator": "NotIn", "values": ["web"]}]}), true)]
    #[case::exists(json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}), true)]
    #[case::missing(json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}), false)]
    #[case::both(json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "size", "operator": "Exists"}]}), true)]
    #[case::one_of_both(json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "old", "operator": "Exists"}]}), false)]
    #[case::unknown_operator(json!({"matchExpressions": [{"key": "app", "operator": "Near"}]}), true)]
    fn an_object_fits_as_in_the_cluster(#[case] selector: Value, #[case] fits: bool) {
        assert_eq!(Selector::deserialize(&selector).unwrap().fits(labels), fits);
    }

    #[test]
    fn nodes_are_compared_by_number_too() {
        let met = |operator, value| {
            Demand::of(operator, vec![value])
                .unwrap()
                .is_met(labels("size"))
        };
        assert!(met("Gt", "6") && !met("Gt", "7"));
        assert!(met("Lt", "8") && !met("Lt", "7"));
        assert_eq!(Demand::of("Gt", vec!["many"]), None);
    }
}
