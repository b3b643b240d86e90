use serde::Serialize;

/// One measured number, as it stands in `results.json`.
///
/// The target is for the ratio where there is a reference, else for the number itself.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// What it was measured of, where the same was measured of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'static str>,
    /// Unit of `ours` and `reference`.
    pub unit: &'static str,
    /// The number.
    pub ours: f64,
    /// The same of what it is compared with, in the same run.
    pub reference: Option<f64>,
    /// `ours` by `reference`.
    pub ratio: Option<f64>,
    /// What it should be.
    pub target: Option<f64>,
    /// Whether it is; none without a target.
    pub met: Option<bool>,
    /// Whether the target is a lower bound.
    #[serde(skip)]
    pub at_least: bool,
}

impl Figure {
    /// A number by itself.
    pub fn alone(name: impl Into<String>, unit: &'static str, ours: f64) -> Figure {
        Figure {
            name: name.into(),
            subject: None,
            unit,
            ours,
            reference: None,
            ratio: None,
            target: None,
            met: None,
            at_least: false,
        }
    }

    /// A number beside what it is compared with.
    pub fn beside(
        name: impl Into<String>,
        unit: &'static str,
        ours: f64,
        reference: f64,
    ) -> Figure {
        let ratio = (reference != 0.0).then(|| ours / reference);
        Figure {
            reference: Some(reference),
            ratio,
            ..Figure::alone(name, unit, ours)
        }
    }

    /// One of several: they share a table, with a row for each subject and a column for each name.
    #[must_use]
    pub fn of(self, subject: &'static str) -> Figure {
        Figure {
            subject: Some(subject),
            ..self
        }
    }

    /// With an upper bound.
    #[must_use]
    pub fn at_most(self, target: f64) -> Figure {
        let met = self.judged() <= target;
        Figure {
            target: Some(target),
            met: Some(met),
            ..self
        }
    }

    /// With a lower bound.
    #[must_use]
    pub fn at_least(self, target: f64) -> Figure {
        let met = self.judged() >= target;
        Figure {
            target: Some(target),
            met: Some(met),
            at_least: true,
            ..self
        }
    }

    /// The number that the target is for.
    fn judged(&self) -> f64 {
        match self.reference {
            Some(_) => self.ratio.unwrap_or(f64::INFINITY),
            None => self.ours,
        }
    }
}

/// The value below which a share of the values lies (nearest rank); zero where there are none.
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank, not negative"
    )]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Figure, percentile};

    #[test]
    fn a_target_beside_a_reference_is_for_the_ratio() {
        let figure = Figure::beside("call", "µs", 40.0, 10.0).at_most(8.0);
        assert_eq!((figure.ratio, figure.met), (Some(4.0), Some(true)));
        assert_eq!(
            Figure::alone("rate", "1/s", 9.0).at_least(10.0).met,
            Some(false)
        );
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=40).map(f64::from).rev().collect();
        assert_eq!(
            (percentile(&values, 0.5), percentile(&values, 0.99)),
            (20.0, 40.0)
        );
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
