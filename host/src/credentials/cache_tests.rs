#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

use super::*;
use crate::clock::manual::ManualClock;
use crate::credentials::{FileStore, MemoryStore, Secret};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

const ARN: &str = "arn:a";
const TOKEN: CredentialsReference<'static> = CredentialsReference {
    arn: ARN,
    authentication_type: Some(AuthenticationType::OAuth2),
};

/// Gives these answers in turn, the last again and again, and counts.
struct Scripted {
    answers: Mutex<VecDeque<Result<&'static str, SecretError>>>,
    asked: AtomicUsize,
    /// Holds the first answer back until told.
    hold: Option<Arc<Notify>>,
}

impl Scripted {
    fn new(answers: impl IntoIterator<Item = Result<&'static str, SecretError>>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: AtomicUsize::new(0),
            hold: None,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SecretStore for Scripted {
    async fn fetch(&self, _arn: &str, _deadline: Instant) -> Result<Secret, SecretError> {
        let is_first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        let answer = {
            let mut answers = self.answers.lock().unwrap();
            if answers.len() > 1 {
                answers.pop_front().unwrap()
            } else {
                answers.front().unwrap().clone()
            }
        };
        if let (true, Some(hold)) = (is_first, &self.hold) {
            hold.notified().await;
        }
        answer.map(|text| Secret::new(text.to_owned()))
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn token(credentials: &Credentials) -> String {
    credentials
        .value("accessToken")
        .unwrap()
        .expose()
        .to_owned()
}

const OLD: Result<&str, SecretError> = Ok(r#"{"accessToken": "old"}"#);
const NEW: Result<&str, SecretError> = Ok(r#"{"accessToken": "new"}"#);

#[tokio::test]
async fn asks_once_within_the_lifetime() {
    let store = Arc::new(Scripted::new([OLD, NEW]));
    let clock = Arc::new(ManualClock::new());
    let cache = SecretCache::with_clock(store.clone(), clock.clone());
    for _ in 0..3 {
        let got = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
        assert_eq!(token(&got), "old");
    }
    assert_eq!(store.asked(), 1);
    clock.advance(CACHE_LIFETIME - Duration::from_millis(1));
    cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    assert_eq!(store.asked(), 1);
    clock.advance(Duration::from_millis(1));
    let got = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    assert_eq!(token(&got), "new");
}

#[tokio::test]
async fn time_in_the_freezer_counts() {
    let store = Arc::new(Scripted::new([OLD, NEW]));
    let clock = Arc::new(ManualClock::new());
    let cache = SecretCache::with_clock(store, clock.clone());
    cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    clock.freeze(CACHE_LIFETIME);
    let got = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    assert_eq!(token(&got), "new");
}

#[tokio::test]
async fn forgets_when_told() {
    let store = Arc::new(MemoryStore::new());
    store.put(ARN, r#"{"accessToken": "old"}"#);
    let cache = SecretCache::new(store.clone());
    cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    store.put(ARN, r#"{"accessToken": "new"}"#);
    let kept = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    assert_eq!(token(&kept), "old");
    cache.forget(ARN);
    let got = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    assert_eq!(token(&got), "new");
}

#[tokio::test]
async fn a_fetch_begun_before_a_forget_is_not_kept() {
    let hold = Arc::new(Notify::new());
    let mut store = Scripted::new([OLD, NEW]);
    store.hold = Some(hold.clone());
    let cache = Arc::new(SecretCache::new(Arc::new(store)));
    let late = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get(&TOKEN, soon(), Patience::None).await }
    });
    tokio::task::yield_now().await;
    cache.forget(ARN);
    hold.notify_one();
    late.await.unwrap().unwrap();
    let got = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    assert_eq!(token(&got), "new");
}

#[tokio::test]
async fn another_kind_of_authentication_is_another_question() {
    let store = Arc::new(MemoryStore::new());
    store.put(ARN, r#"{"accessToken": "t", "apiKey": "k"}"#);
    let cache = SecretCache::new(store);
    cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
    let key = CredentialsReference {
        arn: ARN,
        authentication_type: Some(AuthenticationType::ApiKey),
    };
    let got = cache.get(&key, soon(), Patience::None).await.unwrap();
    assert!(got.value("apiKey").is_some());
}

#[tokio::test]
async fn errors_are_not_kept() {
    let store = Arc::new(Scripted::new([Err(SecretError::NotFound), NEW]));
    let cache = SecretCache::new(store);
    let first = cache.get(&TOKEN, soon(), Patience::None).await;
    assert_eq!(first.unwrap_err(), SecretError::NotFound);
    cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn brief_patience_outlasts_a_secret_that_is_not_there_yet() {
    for early in [
        SecretError::NotFound,
        SecretError::AccessDenied,
        SecretError::KmsDenied,
    ] {
        let store = Arc::new(Scripted::new([Err(early.clone()), Err(early), NEW]));
        let cache = SecretCache::new(store.clone());
        let begin = Instant::now();
        cache.get(&TOKEN, soon(), Patience::Brief).await.unwrap();
        assert_eq!(store.asked(), 3);
        let waited = begin.elapsed();
        assert!(
            waited >= Duration::from_millis(450) && waited <= Duration::from_millis(910),
            "{waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn brief_patience_ends() {
    let store = Arc::new(Scripted::new([Err(SecretError::NotFound)]));
    let cache = SecretCache::new(store.clone());
    let begin = Instant::now();
    let error = cache.get(&TOKEN, soon(), Patience::Brief).await;
    assert_eq!(error.unwrap_err(), SecretError::NotFound);
    assert_eq!(store.asked(), 5);
    assert!(begin.elapsed() <= Duration::from_millis(4510));
}

#[tokio::test(start_paused = true)]
async fn brief_patience_keeps_the_deadline() {
    let store = Arc::new(Scripted::new([Err(SecretError::AccessDenied)]));
    let cache = SecretCache::new(store);
    let deadline = Instant::now() + Duration::from_secs(1);
    let error = cache.get(&TOKEN, deadline, Patience::Brief).await;
    assert_eq!(error.unwrap_err(), SecretError::AccessDenied);
    assert!(Instant::now() + BRIEF_RESERVE <= deadline);
}

#[tokio::test(start_paused = true)]
async fn what_waiting_does_not_heal_is_not_waited_for() {
    for lasting in [
        SecretError::Undecryptable,
        SecretError::InvalidArn,
        SecretError::Timeout,
        SecretError::Unavailable("x"),
        SecretError::NoIdentity,
        SecretError::ScheduledForDeletion,
    ] {
        let store = Arc::new(Scripted::new([Err(lasting.clone()), NEW]));
        let cache = SecretCache::new(store.clone());
        let error = cache.get(&TOKEN, soon(), Patience::Brief).await;
        assert_eq!(error.unwrap_err(), lasting);
        assert_eq!(store.asked(), 1);
    }
    let store = Arc::new(Scripted::new([Err(SecretError::NotFound), NEW]));
    let cache = SecretCache::new(store.clone());
    cache.get(&TOKEN, soon(), Patience::None).await.unwrap_err();
    assert_eq!(store.asked(), 1);
}

#[tokio::test]
async fn a_local_file_is_read_each_time() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let write = |token: &str| {
        let text = format!(r#"{{"{ARN}": {{"accessToken": "{token}"}}}}"#);
        std::fs::write(file.path(), text).unwrap();
    };
    let cache = SecretCache::new(Arc::new(FileStore::new(file.path().into())));
    for expected in ["one", "two"] {
        write(expected);
        let got = cache.get(&TOKEN, soon(), Patience::None).await.unwrap();
        assert_eq!(token(&got), expected);
    }
}

#[tokio::test]
async fn memory_stays_bounded() {
    let store = Arc::new(Scripted::new([NEW]));
    let cache = SecretCache::new(store);
    for number in 0..200 {
        let arn = format!("arn:{number}");
        let reference = CredentialsReference {
            arn: &arn,
            authentication_type: None,
        };
        cache.get(&reference, soon(), Patience::None).await.unwrap();
        assert!(cache.lock().by_arn.len() <= MAX_ENTRIES);
    }
}
