//! The child process: its environment, its log, its memory and its end.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::endpoint::{Endpoint, Event, Invocation};
use super::{FunctionConfig, FunctionError};

/// Region the function believes to be in.
pub(super) const REGION: &str = "eu-west-1";

/// Name the function believes to have.
pub(super) const FUNCTION_ARN: &str =
    "arn:aws:lambda:eu-west-1:111122223333:function:connector-under-test";

/// Switches off a mechanism in a binary built for `cargo xtask mutants`; all others do not know it.
const MUTATION: &str = "APPFLOW_MUTATION";

/// Time for the last words of a process that has ended to be read from its sockets.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Standard output and standard error of all processes of one environment.
///
/// A file rather than pipes: what a process wrote before it asked for the next event is in the file by then, without
/// any race between readers.
#[derive(Debug)]
pub(super) struct LogFile {
    file: tempfile::NamedTempFile,
}

impl LogFile {
    pub(super) fn create() -> Result<Self> {
        Ok(Self {
            file: tempfile::NamedTempFile::new().context("cannot make a log file")?,
        })
    }

    fn writer(&self) -> Result<File> {
        OpenOptions::new()
            .append(true)
            .open(self.file.path())
            .context("cannot open the log file")
    }

    pub(super) fn length(&self) -> Result<u64> {
        Ok(self
            .file
            .as_file()
            .metadata()
            .context("cannot read the log file")?
            .len())
    }

    pub(super) fn lines_from(&self, start: u64) -> Result<Vec<String>> {
        let mut file = File::open(self.file.path()).context("cannot open the log file")?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect())
    }
}

/// How the start of a process ended.
pub(super) enum Start {
    /// It asked for an event.
    Ready,
    /// It did neither in time.
    Slow,
    /// It ended or reported an error.
    Failed(FunctionError),
}

/// A running `bootstrap`. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    endpoint: Endpoint,
    status: Option<ExitStatus>,
    peak_kib: u64,
}

impl Process {
    pub(super) fn start(config: &FunctionConfig, log: &LogFile) -> Result<Self> {
        let endpoint = Endpoint::start().context("cannot start the Runtime API")?;
        let root = config
            .bootstrap
            .parent()
            .context("the executable has no folder")?;
        let child = Command::new(&config.bootstrap)
            .env_clear()
            .envs([
                ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
                ("LANG", "en_US.UTF-8"),
                ("TZ", ":UTC"),
                ("_HANDLER", "bootstrap"),
                ("AWS_REGION", REGION),
                ("AWS_DEFAULT_REGION", REGION),
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                (
                    "AWS_SECRET_ACCESS_KEY",
                    "CANARY-AWS-SECRET-ACCESS-KEY-0123456789",
                ),
                ("AWS_SESSION_TOKEN", "CANARY-AWS-SESSION-TOKEN"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
                ("AWS_LAMBDA_FUNCTION_NAME", "connector-under-test"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                (
                    "AWS_LAMBDA_LOG_GROUP_NAME",
                    "/aws/lambda/connector-under-test",
                ),
                (
                    "AWS_LAMBDA_LOG_STREAM_NAME",
                    "2025/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
                ),
            ])
            .env("AWS_LAMBDA_RUNTIME_API", endpoint.authority())
            .env(
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                config.memory_mb.to_string(),
            )
            .env("LAMBDA_TASK_ROOT", root)
            .envs(std::env::var_os(MUTATION).map(|name| (MUTATION, name)))
            .envs(&config.env)
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(log.writer()?)
            .stderr(log.writer()?)
            .spawn()
            .with_context(|| format!("cannot start {}", config.bootstrap.display()))?;
        Ok(Self {
            child,
            endpoint,
            status: None,
            peak_kib: 0,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn await_ready(&mut self, limit: Duration, tick: Duration) -> Start {
        let started = Instant::now();
        while started.elapsed() < limit {
            match self.event(tick) {
                Some(Event::Next) => return Start::Ready,
                Some(Event::InitError { error_type, body }) => {
                    let message = String::from_utf8_lossy(&body).into_owned();
                    return Start::Failed(FunctionError {
                        error_type,
                        message,
                    });
                }
                Some(_) => {}
                None if self.has_ended() => return Start::Failed(self.exit_error()),
                None => {}
            }
        }
        Start::Slow
    }

    pub(super) fn hand_out(&mut self, event: &[u8], id: &str, budget: Duration) {
        self.endpoint.hand_out(Invocation {
            id: id.to_owned(),
            event: event.to_vec(),
            budget,
        });
    }

    /// The next thing the process did, waiting for it a short time at most.
    pub(super) fn event(&mut self, wait: Duration) -> Option<Event> {
        self.endpoint.event(wait)
    }

    /// Whether the process has ended and all it said has been heard.
    pub(super) fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            // An error means that there is no such child any more, which cannot be as long as it was not waited for.
            self.status = self.child.try_wait().ok().flatten();
            if self.status.is_some() {
                // Its last words may still be on their way through the server: the caller must look once more.
                let started = Instant::now();
                while self.endpoint.connections() > 0 && started.elapsed() < DRAIN_LIMIT {
                    std::thread::yield_now();
                }
                return false;
            }
        }
        self.status.is_some()
    }

    pub(super) fn exit_error(&self) -> FunctionError {
        let how = match self.status {
            Some(status) => match (status.code(), status.signal()) {
                (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
                (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
                (None, Some(signal)) => format!("Runtime exited with error: signal: {signal}"),
                (None, None) => "Runtime exited".to_owned(),
            },
            None => "Runtime exited".to_owned(),
        };
        FunctionError {
            error_type: "Runtime.ExitError".to_owned(),
            message: format!("Error: {how}"),
        }
    }

    pub(super) fn kill(&mut self) {
        // Fails only if the process has ended by itself.
        let _ = self.child.kill();
        self.status = self.child.wait().ok();
    }

    /// Resident memory now, in KiB; 0 where `/proc` cannot tell.
    pub(super) fn memory_kib(&mut self) -> u64 {
        let now = self.status_line("VmRSS:").unwrap_or(0);
        self.peak_kib = self.peak_kib.max(now);
        now
    }

    /// Largest resident memory so far, in KiB; 0 where `/proc` cannot tell.
    pub(super) fn peak_memory_kib(&mut self) -> u64 {
        self.status_line("VmHWM:").unwrap_or(0).max(self.peak_kib)
    }

    /// Files and sockets open now, and threads; 0 where `/proc` cannot tell.
    pub(super) fn held(&self) -> (usize, u64) {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        let files = files.map_or(0, |files| files.flatten().count());
        (files, self.status_line("Threads:").unwrap_or(0))
    }

    /// Host and port of the Runtime API it talks to.
    pub(super) fn runtime_api(&self) -> String {
        self.endpoint.authority()
    }

    fn status_line(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.kill();
        }
    }
}
