use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;

/// Gives the configured answers, then success; remembers what it was given.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Outcome>>,
    given: Mutex<Vec<(String, bool)>>,
}

impl Sink for Scripted {
    fn changed(&self, _: &Record) -> Result<(), StoreError> {
        Ok(())
    }

    fn deliver<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Outcome> {
        async move {
            self.given
                .lock()
                .unwrap()
                .push((entry.key.clone(), entry.begun_at.is_some()));
            let next = self.answers.lock().unwrap().pop_front();
            next.unwrap_or(Outcome::Sent(String::new()))
        }
        .boxed()
    }
}

fn put(key: &str, lane: &str) -> Put {
    Put {
        key: key.into(),
        incident: None,
        lane: lane.into(),
        rank: 1,
        effect: "{}".into(),
        renew: false,
    }
}

/// Run until nothing waits, with a clock that jumps over every pause.
async fn drained(answers: Vec<Outcome>, puts: &[Put]) -> Vec<(String, bool)> {
    let (store, clock) = (Arc::new(Store::in_memory().unwrap()), Clock::default());
    let outbox = Arc::new(Outbox::of("test", store.clone(), clock.clone()));
    outbox.put(puts).unwrap();
    let to = Arc::new(Scripted {
        answers: Mutex::new(answers.into()),
        given: Mutex::default(),
    });
    let stop = CancellationToken::new();
    let (runner, at, until) = (outbox.clone(), to.clone(), stop.clone());
    let running = tokio::spawn(async move { runner.run(at, until).await });
    for _ in 0..400 {
        if outbox.waiting().unwrap() == 0 {
            break;
        }
        clock.set(clock.now() + 3_600_000);
        outbox.wake.notify_one();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(outbox.waiting().unwrap(), 0);
    stop.cancel();
    running.await.unwrap();
    to.given.lock().unwrap().clone()
}

fn keys(given: &[(String, bool)]) -> Vec<&str> {
    given.iter().map(|(key, _)| key.as_str()).collect()
}

#[tokio::test]
async fn an_outage_of_an_hour_loses_nothing_and_keeps_the_order() {
    let away = |unknown| Outcome::Outage {
        why: "away".into(),
        unknown,
    };
    let given = drained(
        vec![away(false), away(true), away(true)],
        &[put("a1", "a"), put("a2", "a")],
    )
    .await;
    assert_eq!(keys(&given), ["a1", "a1", "a1", "a1", "a2"]);
    let looked: Vec<bool> = given.iter().map(|g| g.1).collect();
    assert_eq!(
        looked,
        [false, false, true, true, false],
        "it looks where it may be done"
    );
}

#[tokio::test]
async fn a_person_who_is_needed_holds_entries_and_loses_none() {
    let given = drained(
        vec![
            Outcome::Blocked("token revoked".into()),
            Outcome::Dropped("no".into()),
        ],
        &[put("a1", "a"), put("a2", "a")],
    )
    .await;
    assert_eq!(keys(&given), ["a1", "a1", "a2"]);
}

/// Never finishes what is in the background, and finishes the rest at once.
#[derive(Default)]
struct Speaking(Mutex<Vec<String>>);

impl Sink for Speaking {
    fn changed(&self, _: &Record) -> Result<(), StoreError> {
        Ok(())
    }

    fn deliver<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Outcome> {
        async move {
            self.0.lock().unwrap().push(entry.key.clone());
            if entry.rank >= BACKGROUND {
                std::future::pending::<()>().await;
            }
            Outcome::Sent(String::new())
        }
        .boxed()
    }
}

#[tokio::test]
async fn what_takes_long_never_holds_up_a_message() {
    let store = Arc::new(Store::in_memory().unwrap());
    let outbox = Arc::new(Outbox::of("test", store.clone(), Clock::default()));
    let voice = |n: usize| Put {
        rank: BACKGROUND,
        ..put(&format!("v{n}"), &format!("v{n}"))
    };
    let voices: Vec<Put> = (0..20).map(voice).collect();
    outbox.put(&voices).unwrap();
    let (to, stop) = (Arc::new(Speaking::default()), CancellationToken::new());
    let (runner, at, until) = (outbox.clone(), to.clone(), stop.clone());
    let running = tokio::spawn(async move { runner.run(at, until).await });
    while to.0.lock().unwrap().len() < BACKGROUND_AT_ONCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    outbox.put(&[put("m", "m")]).unwrap();
    let sent = async {
        while !to.0.lock().unwrap().contains(&"m".to_owned()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), sent)
        .await
        .unwrap();
    assert_eq!(to.0.lock().unwrap().len(), BACKGROUND_AT_ONCE + 1);
    stop.cancel();
    running.await.unwrap();
}
