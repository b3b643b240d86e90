//! Which host of which cluster this is: on everything that it says, and in everything that it is
//! asked.
//!
//! Incidents are numbered by each host from one on, so `inc-17` alone names an incident in every
//! cluster. What comes back from outside, such as the click of a button, names the installation
//! too.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Digits of an id.
const DIGITS: usize = 16;

/// What the cluster is called in a world that was recorded.
pub const RECORDED: &str = "recorded";

/// One host with its database, in its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    id: String,
    cluster: String,
}

impl Installation {
    /// The installation of a host that calls its cluster `cluster`.
    ///
    /// Its id is made of the uid of the namespace `kube-system`, which no other cluster has, and of
    /// what tells the database from every other one: incidents are numbered from 1 again in a new
    /// database, and a database may be copied to another cluster. Without the uid, where that
    /// namespace is not readable or the world was recorded, only the database tells.
    pub fn of(cluster: &str, system_uid: Option<&str>, database: &str) -> Installation {
        let mut hash = Sha256::new();
        for part in [system_uid.unwrap_or_default(), database] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let hash = hash.finalize();
        let bytes = hash.get(..DIGITS / 2).unwrap_or_default();
        Installation {
            id: HEXLOWER.encode(bytes),
            cluster: cluster.to_owned(),
        }
    }

    /// 16 hexadecimal digits; the same for the life of the database in its cluster.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people call the cluster: `cluster.name`, else the kubeconfig's context, else
    /// `in-cluster`. Two clusters may be called the same.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// True where a text has the form of an id.
    pub fn is_id(text: &str) -> bool {
        text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cluster_or_another_database_is_another_installation() {
        let id = |uid, database| Installation::of("c", uid, database).id().to_owned();
        let ours = id(Some("uid-1"), "db-1");
        assert_eq!(ours, id(Some("uid-1"), "db-1"));
        assert!(Installation::is_id(&ours), "{ours}");
        let others = [
            id(Some("uid-2"), "db-1"),
            id(Some("uid-1"), "db-2"),
            id(None, "db-1"),
            id(Some("db-1"), "uid-1"),
            id(None, "uid-1db-1"),
        ];
        assert!(!others.contains(&ours));
    }

    #[test]
    fn what_people_call_a_cluster_is_not_its_identity() {
        let (a, b) = (
            Installation::of("prod", Some("uid-1"), "db"),
            Installation::of("production", Some("uid-1"), "db"),
        );
        assert_eq!(a.id(), b.id());
        assert_eq!(b.cluster(), "production");
    }

    #[test]
    fn knows_an_id_from_other_text() {
        for bad in ["", "inc-1", "0123456789abcdeg", "0123456789abcdef0"] {
            assert!(!Installation::is_id(bad), "{bad}");
        }
    }
}
