//! Where the text of a secret comes from.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{Secret, SecretError};

/// A place that keeps secrets.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The text of the secret named by `arn`, at the latest at `deadline`.
    ///
    /// # Errors
    ///
    /// Any [`SecretError`] except those about what the text means.
    async fn fetch(&self, arn: &str, deadline: Instant) -> Result<Secret, SecretError>;

    /// Whether it is worth keeping what was fetched for a while.
    fn is_remote(&self) -> bool {
        true
    }
}

/// Secrets of a local run, in a file (`APPFLOW_SECRETS_FILE`): a JSON object from ARN to the object that AppFlow would have
/// written. Read anew each time, so that it can be edited under a running host.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// The file need not exist yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

#[async_trait]
impl SecretStore for FileStore {
    async fn fetch(&self, arn: &str, _deadline: Instant) -> Result<Secret, SecretError> {
        // A small local file: blocking for it is shorter than a hop to a thread pool, and this store never runs in Lambda.
        let text = std::fs::read_to_string(&self.path)
            .map(Secret::new)
            .map_err(|error| SecretError::File(format!("cannot be read: {}", error.kind())))?;
        let secrets: HashMap<String, &RawValue> =
            serde_json::from_str(text.expose()).map_err(|error| {
                // The parser's own message may quote the file; the place is enough.
                SecretError::File(format!(
                    "must be one JSON object from ARN to secret; look at line {} column {}",
                    error.line(),
                    error.column()
                ))
            })?;
        secrets
            .get(arn)
            .map(|raw| Secret::new(raw.get().to_owned()))
            .ok_or(SecretError::NotFound)
    }

    fn is_remote(&self) -> bool {
        false
    }
}

/// Secrets in memory, for tests and for hosts embedded in other programs.
#[derive(Debug, Default)]
pub struct MemoryStore {
    secrets: Mutex<HashMap<String, Secret>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a secret.
    pub fn put(&self, arn: &str, text: &str) {
        self.lock()
            .insert(arn.to_owned(), Secret::new(text.to_owned()));
    }

    /// Removes a secret, if it is there.
    pub fn remove(&self, arn: &str) {
        self.lock().remove(arn);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Secret>> {
        // Nothing is left half done in a map by a panic elsewhere.
        self.secrets
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[async_trait]
impl SecretStore for MemoryStore {
    async fn fetch(&self, arn: &str, _deadline: Instant) -> Result<Secret, SecretError> {
        self.lock().get(arn).cloned().ok_or(SecretError::NotFound)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    async fn fetch(path: PathBuf, arn: &str) -> Result<String, SecretError> {
        FileStore::new(path)
            .fetch(arn, Instant::now())
            .await
            .map(|secret| secret.expose().to_owned())
    }

    #[tokio::test]
    async fn gives_the_object_under_the_arn() {
        let file = file(r#"{"a": {"accessToken": "x"}, "b": {"apiKey": 7}}"#);
        assert_eq!(
            fetch(file.path().into(), "b").await.unwrap(),
            r#"{"apiKey": 7}"#
        );
    }

    #[tokio::test]
    async fn sees_an_edit_at_once() {
        let file = file(r#"{"a": {"accessToken": "old"}}"#);
        fetch(file.path().into(), "a").await.unwrap();
        std::fs::write(file.path(), r#"{"a": {"accessToken": "new"}}"#).unwrap();
        assert_eq!(
            fetch(file.path().into(), "a").await.unwrap(),
            r#"{"accessToken": "new"}"#
        );
    }

    #[tokio::test]
    async fn an_unknown_arn_is_not_found() {
        let file = file("{}");
        assert_eq!(
            fetch(file.path().into(), "a").await,
            Err(SecretError::NotFound)
        );
    }

    #[tokio::test]
    async fn errors_give_the_place_and_never_the_contents() {
        let broken = file("{\n \"a\": {\"accessToken\": \"hunter2\" \"oops\"}}");
        let message = fetch(broken.path().into(), "a")
            .await
            .unwrap_err()
            .to_string();
        assert!(message.contains("line 2"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");

        let list = file(r#"["hunter2"]"#);
        let message = fetch(list.path().into(), "a")
            .await
            .unwrap_err()
            .to_string();
        assert!(!message.contains("hunter2"), "{message}");

        let message = fetch("/does/not/exist".into(), "a")
            .await
            .unwrap_err()
            .to_string();
        assert!(message.contains("cannot be read"), "{message}");
    }
}
