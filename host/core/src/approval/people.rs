//! Who is one person: several names at several doors may be one, and count once.

use thiserror::Error;

use super::{Door, Person};

/// A name at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    door: Door,
    name: String,
}

impl Identity {
    fn is(&self, person: &Person) -> bool {
        self.door == person.door && self.name == person.name
    }
}

/// One person with all their names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Human {
    name: String,
    identities: Vec<Identity>,
}

/// Which names are one person, as the operator says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    humans: Vec<Human>,
    /// Users of this machine whom several people, or one person beside their own name, can be.
    shared: Vec<String>,
}

/// What is wrong with a person of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PeopleError {
    /// It has another form.
    #[error("{0:?} is not a person such as `ann slack:U0123ABCD user:ann`")]
    Form(String),
    /// There are two of the name.
    #[error("{0} is listed twice")]
    Twice(String),
    /// A name at a door belongs to two people.
    #[error("{identity} cannot be both {one} and {other}")]
    Both {
        /// Name at the door.
        identity: String,
        /// The first person.
        one: String,
        /// The second one.
        other: String,
    },
}

impl People {
    /// Parse people, each as `NAME slack:ID user:NAME`: a name, then what they are called at the
    /// doors, as often as needed.
    ///
    /// # Errors
    /// [`PeopleError`] names the person.
    pub fn parse(lines: &[String]) -> Result<People, PeopleError> {
        let mut humans: Vec<Human> = Vec::new();
        for line in lines {
            let human = Human::parse(line).ok_or_else(|| PeopleError::Form(line.clone()))?;
            for known in &humans {
                if known.name == human.name {
                    return Err(PeopleError::Twice(human.name));
                }
                if let Some(both) = known
                    .identities
                    .iter()
                    .find(|i| human.identities.contains(i))
                {
                    return Err(PeopleError::Both {
                        identity: both.name.clone(),
                        one: known.name.clone(),
                        other: human.name,
                    });
                }
            }
            humans.push(human);
        }
        Ok(People {
            humans,
            shared: Vec::new(),
        })
    }

    /// With users of this machine who are nobody's alone: root, and the user of the host, which
    /// root can be too.
    #[must_use]
    pub fn sharing(mut self, accounts: &[&str]) -> People {
        self.shared = accounts.iter().map(|a| (*a).to_owned()).collect();
        self
    }

    fn human(&self, person: &Person) -> Option<&Human> {
        let is = |h: &&Human| h.identities.iter().any(|i| i.is(person));
        self.humans.iter().find(is)
    }

    /// What the operator calls this person; none where no line has this name at its door.
    pub fn name_of(&self, person: &Person) -> Option<&str> {
        self.human(person).map(|human| human.name.as_str())
    }

    fn is_shared(&self, person: &Person) -> bool {
        person.door == Door::Socket && self.shared.contains(&person.name)
    }

    /// How many different people these are for certain.
    ///
    /// Names that the operator gave to one person count once. A name that is nobody's may be
    /// another name of a person who has none at that door, so it counts beside names of its own
    /// door alone; a shared account counts only where there is nobody else.
    pub fn count(&self, voters: &[&Person]) -> usize {
        let mut named: Vec<&Human> = Vec::new();
        let mut others: Vec<&Person> = Vec::new();
        for voter in voters {
            match self.human(voter) {
                Some(human) if !named.contains(&human) => named.push(human),
                Some(_) => {}
                None if self.is_shared(voter) => {}
                None if others.iter().any(|o| o.is(voter)) => {}
                None => others.push(voter),
            }
        }
        let at = |door: Door| {
            let of_door = others.iter().filter(|o| o.door == door).count();
            let known_there = |h: &&&Human| h.identities.iter().any(|i| i.door == door);
            match of_door {
                0 => 0,
                some => some + named.iter().filter(known_there).count(),
            }
        };
        let most = Door::ALL.iter().map(|door| at(*door)).max();
        let most = most.unwrap_or(0).max(named.len());
        most.max(usize::from(!voters.is_empty()))
    }

    /// Votes without those of a person who is among them already, by whichever name.
    pub(super) fn distinct<'p>(&self, voters: &[&'p Person]) -> Vec<&'p Person> {
        let mut kept: Vec<&Person> = Vec::new();
        for voter in voters {
            let same = |k: &&Person| {
                let human = self.human(k);
                k.is(voter) || (human.is_some() && human == self.human(voter))
            };
            if !kept.iter().any(same) {
                kept.push(voter);
            }
        }
        kept
    }
}

impl Human {
    fn parse(line: &str) -> Option<Human> {
        let mut words = line.split_whitespace();
        let name = words.next().filter(|n| !n.contains(':'))?.to_owned();
        let identities: Vec<Identity> = words.map(identity).collect::<Option<_>>()?;
        (!identities.is_empty()).then_some(Human { name, identities })
    }
}

fn identity(word: &str) -> Option<Identity> {
    let (door, name) = word.split_once(':')?;
    let door = match door {
        "slack" => Door::Slack,
        "user" => Door::Socket,
        _ => return None,
    };
    // `uid:1000`, for a user without a name, has a colon too.
    let id = |n: &str| n.starts_with(['U', 'W']) && n.chars().all(|c| c.is_ascii_alphanumeric());
    let fits = !name.is_empty() && (door != Door::Slack || id(name));
    fits.then(|| Identity {
        door,
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests;
