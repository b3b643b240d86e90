//! Calls that take turns, so that all meet the same machine.

use std::time::{Duration, Instant};

/// Rounds of each call.
const ROUNDS: usize = 30;
/// How long a round of one call lasts, about.
const ROUND: Duration = Duration::from_millis(5);

/// Makes its call so many times.
pub(super) type Calls<'a> = Box<dyn FnMut(u32) + 'a>;

/// A call that needs nothing else.
pub(super) fn calls<'a>(mut call: impl FnMut() + 'a) -> Calls<'a> {
    Box::new(move |times| (0..times).for_each(|_| call()))
}

/// The best round of each call, by one call. Other programs disturb, they never help.
pub(super) fn best(all: &mut [Calls<'_>]) -> Vec<Duration> {
    let times: Vec<u32> = all.iter_mut().map(|calls| in_a_round(calls)).collect();
    let mut best = vec![Duration::MAX; all.len()];
    for _ in 0..ROUNDS {
        for ((calls, best), times) in all.iter_mut().zip(&mut best).zip(&times) {
            let begun = Instant::now();
            calls(*times);
            *best = (*best).min(begun.elapsed() / *times);
        }
    }
    best
}

/// How many calls fit into a round. The first one is not counted: it fills caches.
fn in_a_round(calls: &mut Calls<'_>) -> u32 {
    calls(1);
    let begun = Instant::now();
    let mut times = 0;
    while begun.elapsed() < ROUND {
        calls(1);
        times += 1;
    }
    times
}

/// For people.
pub(super) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
