//! The next human check, for when no fix is safe: one specific step per class.

mod cluster;
mod row;
mod workloads;

use crate::text;
use k8shawk_sdk::classes;
use k8shawk_sdk::fix::Finding;

/// Where no row has words of the class.
const OTHERWISE: &str = "Ask who changed {owner} last and why, and compare the time of the change \
                         with the first evidence.";

/// Every class or word with its check.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = workloads::ROWS.iter().chain(cluster::ROWS);
    rows.flat_map(|(names, check)| names.iter().map(|name| (*name, *check)))
}

/// The entry for a class: the class itself, else the longest run of its words.
pub fn entry(class: &str) -> Option<(&'static str, &'static str)> {
    all()
        .filter(|(name, _)| classes::says(class, name))
        .max_by_key(|(name, _)| (name.split('-').count(), name.len()))
}

/// One sentence; never empty.
pub fn next(finding: &Finding) -> String {
    let check = entry(&finding.class).map_or(OTHERWISE, |(_, check)| check);
    text::fill(check, finding, &finding.object)
}

#[cfg(test)]
mod tests;
