//! What happens to requests on their way: a seeded mix of faults, a throttle, an absence.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Longest time that a throttled request waits for its turn; beyond it is refused.
const QUEUE: Duration = Duration::from_secs(3);

/// How often requests fail, each as a share of all between 0 and 1.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    /// 429 with a `Retry-After` of a second; nothing is done.
    pub busy: f64,
    /// 500; nothing is done.
    pub broken: f64,
    /// No answer at all; nothing is done.
    pub silent: f64,
    /// The connection is cut; nothing is done.
    pub cut: f64,
    /// It is done, and the connection is cut before the answer.
    pub lost: f64,
    /// The same for the writes among those that are served: they are few, and matter most.
    pub lost_writes: f64,
    /// Milliseconds after which a watch is cut; none: it stays as long as it was asked for.
    pub watches: Option<Range<u64>>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is served.
    Served,
    /// 429.
    Busy,
    /// 500.
    Broken,
    /// Never answered.
    Silent,
    /// Cut before anything is done.
    Cut,
    /// Done, and cut.
    Lost,
    /// Refused by the throttle.
    Throttled,
}

#[derive(Debug)]
struct Throttle {
    /// Between two requests.
    pace: Duration,
    /// When the next one may be served.
    next: Instant,
}

/// The weather over a server.
#[derive(Debug)]
pub struct Weather {
    random: Mutex<fastrand::Rng>,
    rates: Mutex<Rates>,
    throttle: Mutex<Option<Throttle>>,
    away: watch::Sender<bool>,
    counts: Mutex<BTreeMap<Fate, u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Weather {
    pub(super) fn new(seed: u64) -> Weather {
        Weather {
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            rates: Mutex::default(),
            throttle: Mutex::default(),
            away: watch::channel(false).0,
            counts: Mutex::default(),
        }
    }

    /// From now on requests fail so often.
    pub fn fail(&self, rates: Rates) {
        *lock(&self.rates) = rates;
    }

    /// Serve so many requests in a second; zero: as many as come.
    pub fn throttle(&self, each_second: u32) {
        *lock(&self.throttle) = (each_second > 0).then(|| Throttle {
            pace: Duration::from_secs(1) / each_second,
            next: Instant::now(),
        });
    }

    /// Refuse every connection and cut those that are open, until it is set back.
    pub fn go_away(&self, away: bool) {
        self.away.send_replace(away);
    }

    /// What became of the requests so far.
    pub fn counts(&self) -> BTreeMap<Fate, u64> {
        lock(&self.counts).clone()
    }

    pub(super) fn presence(&self) -> watch::Receiver<bool> {
        self.away.subscribe()
    }

    /// The fate of the next request, after its wait for a turn.
    pub(super) async fn next(&self) -> Fate {
        let fate = match self.turn() {
            None => Fate::Throttled,
            Some(turn) => {
                tokio::time::sleep_until(turn).await;
                self.draw()
            }
        };
        *lock(&self.counts).entry(fate).or_default() += 1;
        fate
    }

    /// When a request may be served; none where too many wait already.
    fn turn(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut throttle = lock(&self.throttle);
        let Some(throttle) = throttle.as_mut() else {
            return Some(now);
        };
        let turn = throttle.next.max(now);
        if turn - now > QUEUE {
            return None;
        }
        throttle.next = turn + throttle.pace;
        Some(turn)
    }

    fn draw(&self) -> Fate {
        let rates = lock(&self.rates);
        let mut left = lock(&self.random).f64();
        let chances = [
            (rates.busy, Fate::Busy),
            (rates.broken, Fate::Broken),
            (rates.silent, Fate::Silent),
            (rates.cut, Fate::Cut),
            (rates.lost, Fate::Lost),
        ];
        for (chance, fate) in chances {
            if left < chance {
                return fate;
            }
            left -= chance;
        }
        Fate::Served
    }

    /// True where the answer to a write is lost.
    pub(super) fn loses_write(&self) -> bool {
        let chance = lock(&self.rates).lost_writes;
        let lost = lock(&self.random).f64() < chance;
        if lost {
            *lock(&self.counts).entry(Fate::Lost).or_default() += 1;
        }
        lost
    }

    /// How long the next watch stays open; none: as long as it asks for.
    pub(super) fn watch_lasts(&self) -> Option<Duration> {
        let range = lock(&self.rates).watches.clone()?;
        Some(Duration::from_millis(lock(&self.random).u64(range)))
    }

    /// A number below a bound, from the same seed.
    pub(super) fn below(&self, bound: u64) -> u64 {
        lock(&self.random).u64(0..bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_seed_gives_the_same_fates_again() {
        let fates = async |seed| {
            let weather = Weather::new(seed);
            weather.fail(Rates {
                busy: 0.3,
                lost: 0.3,
                ..Rates::default()
            });
            let mut fates = Vec::new();
            for _ in 0..50 {
                fates.push(weather.next().await);
            }
            fates
        };
        let first = fates(1).await;
        assert_eq!(first, fates(1).await);
        for kind in [Fate::Served, Fate::Busy, Fate::Lost] {
            assert!(first.contains(&kind), "{kind:?}");
        }
        assert!(!first.contains(&Fate::Silent));
    }

    #[tokio::test]
    async fn a_throttle_makes_some_wait_and_refuses_the_rest() {
        let weather = Weather::new(0);
        weather.throttle(100);
        let turns: Vec<_> = (0..400).map(|_| weather.turn()).collect();
        assert!(turns.iter().filter(|t| t.is_some()).count().abs_diff(301) < 5);
        let begun = Instant::now();
        assert!(turns[50].is_some_and(|t| t > begun + Duration::from_millis(300)));
    }
}
