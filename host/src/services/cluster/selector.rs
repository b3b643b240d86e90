//! Selectors of equalities where no API server applies them.

/// The pairs of a selector; a bare key has no value, and is met by any.
pub(crate) struct Selector<'s>(Vec<(&'s str, Option<&'s str>)>);

impl<'s> Selector<'s> {
    pub(crate) fn of(text: &'s str) -> Selector<'s> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let pairs = parts.map(|part| match part.split_once('=') {
            Some((key, value)) => (key, Some(value.trim_start_matches('='))),
            None => (part, None),
        });
        Selector(pairs.collect())
    }

    /// True where the labels meet every pair.
    pub(crate) fn fits<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|(key, wanted)| {
            label(key).is_some_and(|found| wanted.is_none_or(|wanted| found == wanted))
        })
    }
}
