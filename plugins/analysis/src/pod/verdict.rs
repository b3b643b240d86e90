//! The scheduler's message, taken apart.

/// Taint of the nodes that run the control plane.
const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// Why the scheduler passes nodes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Cordoned. The order of the variants is the order in which the scheduler asks: nodes that
    /// fail later are the ones that were nearer.
    Cordon,
    /// A node that is not ready or under pressure.
    BadNode,
    /// A taint.
    Taint,
    /// `nodeSelector` or node affinity.
    Labels,
    /// Host ports.
    Ports,
    /// CPU, memory or ephemeral storage.
    Resource,
    /// GPUs and other extended resources or claims for devices.
    Extended,
    /// The node's bound of pods.
    TooManyPods,
    /// The zone or node of a volume.
    Volume,
    /// Topology spread.
    Spread,
    /// Affinity or anti-affinity between pods.
    Affinity,
}

/// What the scheduler writes, in lower case. The first row that matches wins.
const TEXTS: &[(&str, Why)] = &[
    ("insufficient cpu", Why::Resource),
    ("insufficient memory", Why::Resource),
    ("insufficient ephemeral-storage", Why::Resource),
    ("insufficient hugepages", Why::Resource),
    ("insufficient ", Why::Extended),
    ("cannot allocate all claims", Why::Extended),
    ("resourceclaim", Why::Extended),
    ("too many pods", Why::TooManyPods),
    ("free ports", Why::Ports),
    ("volume node affinity", Why::Volume),
    ("persistent volumes to bind", Why::Volume),
    ("persistentvolume", Why::Volume),
    ("max volume count", Why::Volume),
    ("volume zone", Why::Volume),
    ("enough free storage", Why::Volume),
    ("node affinity/selector", Why::Labels),
    ("node selector", Why::Labels),
    ("requested node name", Why::Labels),
    ("topology spread", Why::Spread),
    ("affinity", Why::Affinity),
    ("node.kubernetes.io/unschedulable", Why::Cordon),
    ("were unschedulable", Why::Cordon),
    ("node.kubernetes.io/", Why::BadNode),
    ("untolerated taint", Why::Taint),
    ("had taint", Why::Taint),
];

/// One part of the message.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'m> {
    /// Nodes that it is about.
    pub nodes: u32,
    /// Its text.
    pub text: &'m str,
    /// What it means.
    pub why: Why,
}

/// The parts of a message, without those of preemption.
pub fn parse(message: &str) -> Vec<Part<'_>> {
    let body = message
        .split_once("preemption:")
        .map_or(message, |(body, _)| body);
    let body = body
        .split_once("are available: ")
        .map_or(body, |(_, rest)| rest);
    let mut starts: Vec<usize> = vec![0];
    starts.extend(body.match_indices(", ").map(|(i, _)| i + 2).filter(|i| {
        body.get(*i..)
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
    }));
    let ends = starts.iter().skip(1).map(|i| i - 2).chain([body.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(from, to)| part(body.get(*from..to)?))
        .collect()
}

fn part(text: &str) -> Option<Part<'_>> {
    let text = text.trim().trim_end_matches('.');
    let (count, rest) = text.split_once(' ').unwrap_or(("", text));
    let (nodes, rest) = count.parse().map_or((1, text), |n| (n, rest));
    let lower = rest.to_ascii_lowercase();
    let why = TEXTS
        .iter()
        .find(|(needle, _)| lower.contains(needle))
        .map(|(_, why)| *why)?;
    Some(Part {
        nodes,
        text: rest,
        why,
    })
}

/// The part that the cause is about: what the nearest nodes fail. The taint of the control plane
/// counts only where there is nothing else.
pub fn decisive<'p, 'm>(parts: &'p [Part<'m>]) -> Option<&'p Part<'m>> {
    let common = |p: &Part| CONTROL_PLANE.iter().any(|taint| p.text.contains(taint));
    parts
        .iter()
        .filter(|p| !common(p))
        .max_by_key(|p| (p.why, p.nodes))
        .or_else(|| parts.first())
}
