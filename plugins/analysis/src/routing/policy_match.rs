//! What a NetworkPolicy selects and allows.

use serde_json::Value;

use crate::case::Case;
use crate::json::{items, number, selects, text};

/// The direction that a policy restricts, seen from the pod that it selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What the pod may call.
    Egress,
    /// Who may call the pod.
    Ingress,
}

impl Direction {
    /// The word of `policyTypes`.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Egress => "Egress",
            Direction::Ingress => "Ingress",
        }
    }

    fn rules(self, policy: &Value) -> &[Value] {
        items(
            policy,
            if self == Direction::Egress {
                "/spec/egress"
            } else {
                "/spec/ingress"
            },
        )
    }

    fn peers(self, rule: &Value) -> &[Value] {
        items(
            rule,
            if self == Direction::Egress {
                "/to"
            } else {
                "/from"
            },
        )
    }
}

/// The other end of a connection.
pub enum End<'v> {
    /// A pod of the cluster.
    Pod(&'v Value),
    /// An address outside, or a name that is not known here.
    Outside(Option<&'v str>),
}

/// The port that is called.
#[derive(Debug, Clone, Copy)]
pub struct Port {
    /// Number on the pod; `None` where it is not known, which fits every rule.
    pub number: Option<i64>,
    /// `TCP` or `UDP`.
    pub protocol: &'static str,
}

/// The policies that select the pod and restrict this direction.
pub fn isolating(case: &Case, pod: &Value, direction: Direction) -> Vec<Value> {
    let listed = case.list("NetworkPolicy", text(pod, "/metadata/namespace"));
    let restricts = |policy: &&Value| {
        let types = items(policy, "/spec/policyTypes");
        match types.is_empty() {
            true => direction == Direction::Ingress || policy.pointer("/spec/egress").is_some(),
            false => types.iter().any(|t| t.as_str() == Some(direction.word())),
        }
    };
    let selects = |policy: &&Value| selects(policy.pointer("/spec/podSelector"), pod);
    listed
        .iter()
        .filter(restricts)
        .filter(selects)
        .cloned()
        .collect()
}

/// True where the policy lets the connection through, or may do so.
pub fn allows(case: &Case, policy: &Value, direction: Direction, other: &End, port: Port) -> bool {
    let served = match (direction, other) {
        (Direction::Egress, End::Pod(pod)) => Some(*pod),
        _ => None,
    };
    direction.rules(policy).iter().any(|rule| {
        let ports = items(rule, "/ports");
        let peers = direction.peers(rule);
        (ports.is_empty() || ports.iter().any(|p| port_fits(p, port, served)))
            && (peers.is_empty() || peers.iter().any(|p| peer_fits(case, policy, p, other)))
    })
}

fn port_fits(rule: &Value, port: Port, served: Option<&Value>) -> bool {
    let protocol = match text(rule, "/protocol") {
        "" => "TCP",
        set => set,
    };
    let Some(wanted) = port.number else {
        return protocol == port.protocol;
    };
    let named = text(rule, "/port");
    let low = match number(rule, "/port") {
        Some(low) => low,
        None if named.is_empty() => return protocol == port.protocol,
        None => match served.and_then(|pod| container_port(pod, named)) {
            Some(found) => found,
            // A name that cannot be resolved here may be the port.
            None => return protocol == port.protocol && served.is_none(),
        },
    };
    let high = number(rule, "/endPort").unwrap_or(low);
    protocol == port.protocol && (low..=high).contains(&wanted)
}

/// Number of a named container port.
pub fn container_port(pod: &Value, named: &str) -> Option<i64> {
    items(pod, "/spec/containers")
        .iter()
        .flat_map(|c| items(c, "/ports"))
        .find(|p| text(p, "/name") == named)
        .and_then(|p| number(p, "/containerPort"))
}

fn peer_fits(case: &Case, policy: &Value, peer: &Value, other: &End) -> bool {
    let pod = match other {
        End::Outside(address) => {
            let Some(block) = peer.get("ipBlock") else {
                return false;
            };
            return address.is_none_or(|ip| in_block(ip, block));
        }
        End::Pod(pod) => *pod,
    };
    if let Some(block) = peer.get("ipBlock") {
        return in_block(text(pod, "/status/podIP"), block);
    }
    let there = text(pod, "/metadata/namespace");
    let in_namespace = match peer.get("namespaceSelector") {
        None => there == text(policy, "/metadata/namespace"),
        Some(selector) => match case.get("Namespace", "", there) {
            Some(namespace) => selects(Some(selector), &namespace),
            // Its labels are not known: it may fit.
            None => true,
        },
    };
    in_namespace
        && peer
            .get("podSelector")
            .is_none_or(|selector| selects(Some(selector), pod))
}

/// True where an IPv4 address is in a block and in none of its exceptions.
fn in_block(ip: &str, block: &Value) -> bool {
    let Ok(ip) = ip.parse::<std::net::Ipv4Addr>() else {
        return true;
    };
    let inside = |cidr: &str| {
        let (base, bits) = cidr.split_once('/').unwrap_or((cidr, "32"));
        let (Ok(base), Ok(bits)) = (base.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>()) else {
            return false;
        };
        let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
        (u32::from(ip) & mask) == (u32::from(base) & mask)
    };
    let except = items(block, "/except").iter().filter_map(Value::as_str);
    inside(text(block, "/cidr")) && !except.into_iter().any(inside)
}
