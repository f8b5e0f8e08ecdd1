//! One execution environment with clocks: a process, the Runtime API it talks to, and when what happened.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::runtime_api::PAYLOAD_LIMIT_BYTES;
use anyhow::{Context, Result, bail, ensure};

use super::wire::{self, Connection, Incoming, Server};

/// Time for one answer, which is also what the process is told of its deadline.
const LIMIT: Duration = Duration::from_secs(60);

/// What the process did with an event.
#[derive(Debug)]
enum Done {
    /// Answered it.
    Answered(Vec<u8>),
    /// Answered with more than Lambda takes.
    TooLarge(usize),
    /// Said that it cannot.
    Failed(String),
}

/// An answer with its times.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub body: Vec<u8>,
    /// When the event began to leave.
    pub handed_out: Instant,
    /// When the last byte of the answer had come.
    pub at: Instant,
}

impl Answered {
    /// From the event to the answer.
    pub fn took(&self) -> Duration {
        self.at.saturating_duration_since(self.handed_out)
    }
}

/// How an invocation ended that gave no answer.
#[derive(Debug)]
pub enum Ended {
    /// The answer.
    Answer(Answered),
    /// None, and why.
    Without(String),
}

/// The server's side of the Runtime API.
struct Api {
    events: Mutex<mpsc::Receiver<Vec<u8>>>,
    done: mpsc::Sender<(Done, Instant, Instant)>,
    handed_out: Mutex<Instant>,
    /// Told each time the process asks for an event: it is done with the last one then.
    asked: mpsc::Sender<()>,
}

/// A running process. Dropping it kills it.
pub struct Environment {
    child: Child,
    started: Instant,
    events: mpsc::Sender<Vec<u8>>,
    done: mpsc::Receiver<(Done, Instant, Instant)>,
    asked: mpsc::Receiver<()>,
    /// Events handed to it.
    invocations: usize,
    _server: Server,
}

impl Environment {
    /// Starts a process with its first event ready for it. `command` has its own variables; Lambda's are added.
    pub fn start(command: &mut Command, folder: &Path, first: &[u8]) -> Result<Self> {
        let (events, receiver) = mpsc::channel();
        let (sender, done) = mpsc::channel();
        let (asking, asked) = mpsc::channel();
        let api = Arc::new(Api {
            events: Mutex::new(receiver),
            done: sender,
            handed_out: Mutex::new(Instant::now()),
            asked: asking,
        });
        let server = Server::start(move |connection| api.serve(connection))?;
        events.send(first.to_vec())?;
        command
            .env("AWS_LAMBDA_RUNTIME_API", server.address().to_string())
            .envs(LAMBDA)
            .env("LAMBDA_TASK_ROOT", folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self {
            child,
            started,
            events,
            done,
            asked,
            invocations: 1,
            _server: server,
        })
    }

    /// Waits for the answer to the first event; the time is counted from the start of the process.
    pub fn first(&mut self) -> Result<Answered> {
        let mut answered = expect(self.wait()?)?;
        answered.handed_out = self.started;
        Ok(answered)
    }

    /// Hands out an event and waits for the answer.
    pub fn invoke(&mut self, event: &[u8]) -> Result<Answered> {
        expect(self.try_invoke(event)?)
    }

    /// The same, where no answer is a result too.
    pub fn try_invoke(&mut self, event: &[u8]) -> Result<Ended> {
        self.events.send(event.to_vec())?;
        self.invocations += 1;
        self.wait()
    }

    /// Waits for what becomes of an event that was handed out.
    pub fn wait(&mut self) -> Result<Ended> {
        let began = Instant::now();
        loop {
            match self.done.recv_timeout(Duration::from_millis(100)) {
                Ok((Done::Answered(body), handed_out, at)) => {
                    return Ok(Ended::Answer(Answered {
                        body,
                        handed_out,
                        at,
                    }));
                }
                Ok((Done::TooLarge(bytes), ..)) => {
                    return Ok(Ended::Without(format!(
                        "its answer of {bytes} bytes is more than Lambda takes"
                    )));
                }
                Ok((Done::Failed(text), ..)) => return Ok(Ended::Without(text)),
                Err(_) => {
                    if let Some(status) = self.child.try_wait()? {
                        return Ok(Ended::Without(format!("the process ended: {status}")));
                    }
                }
            }
            if began.elapsed() > LIMIT {
                bail!("no answer within {} s", LIMIT.as_secs());
            }
        }
    }

    /// Waits until the process has nothing left to do, and ends it as Lambda does.
    pub fn finish(mut self) -> Result<()> {
        // It asks once for each event, and once more.
        for _ in 0..=self.invocations {
            self.asked
                .recv_timeout(LIMIT)
                .context("the process asks for no further event")?;
        }
        let ended = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        ensure!(ended.success(), "the process cannot be ended");
        self.child.wait()?;
        Ok(())
    }

    /// Processor time of the process so far, from the kernel's accounts of its threads.
    pub fn processor_time(&self) -> Result<Duration> {
        let mut nanos = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else {
                // The thread has ended since.
                continue;
            };
            nanos += text
                .split_whitespace()
                .next()
                .and_then(|nanos| nanos.parse::<u64>().ok())
                .context("/proc/PID/task/TID/schedstat has an unknown form")?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Most resident memory so far, in KiB.
    pub fn peak_memory_kib(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// Resident memory now, in KiB.
    pub fn memory_kib(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        text.lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|line| line.split_whitespace().next()?.parse().ok())
            .with_context(|| format!("/proc/PID/status has no {name}"))
    }

    /// Whether the process that gave no answer gives one to the next event.
    pub fn is_alive_after(&mut self, event: &[u8]) -> bool {
        loop {
            match self.try_invoke(event) {
                // A process may say twice that it failed.
                Ok(Ended::Without(_)) if matches!(self.child.try_wait(), Ok(None)) => {}
                Ok(Ended::Answer(_)) => return true,
                _ => return false,
            }
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // Both fail only if the process has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn expect(ended: Ended) -> Result<Answered> {
    match ended {
        Ended::Answer(answered) => Ok(answered),
        Ended::Without(why) => bail!("no answer: {why}"),
    }
}

/// Lambda's variables. The keys are AWS's own examples.
const LAMBDA: [(&str, &str); 14] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_LAMBDA_FUNCTION_NAME", "benchmark"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/benchmark"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2025/01/01/[$LATEST]0"),
];

impl Api {
    fn serve(&self, mut connection: Connection) -> io::Result<()> {
        let mut incoming = Incoming::default();
        while connection.receive(&mut incoming)? {
            let (method, path) = incoming.target();
            let ask = path.strip_prefix("/2018-06-01/runtime/").unwrap_or(path);
            match (method, ask.rsplit('/').next().unwrap_or_default()) {
                ("GET", "next") => {
                    // Nobody waits for it but `finish`.
                    let _ = self.asked.send(());
                    let event = {
                        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
                        events.recv()
                    };
                    let Ok(event) = event else { return Ok(()) };
                    let answer = wire::answer("200 OK", &head(), &event);
                    *self
                        .handed_out
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) = Instant::now();
                    connection.send(&answer)?;
                }
                ("POST", "response") if incoming.body.len() > PAYLOAD_LIMIT_BYTES => {
                    let body = br#"{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}"#;
                    self.tell(Done::TooLarge(incoming.body.len()));
                    connection.send(&wire::answer("413 Payload Too Large", JSON, body))?;
                }
                ("POST", "response") => {
                    let at = Instant::now();
                    let body = std::mem::take(&mut incoming.body);
                    connection.send(&wire::answer("202 Accepted", JSON, b"{\"status\":\"OK\"}"))?;
                    self.tell_at(Done::Answered(body), at);
                }
                ("POST", "error") => {
                    let text = String::from_utf8_lossy(&incoming.body).into_owned();
                    self.tell(Done::Failed(text));
                    connection.send(&wire::answer("202 Accepted", JSON, b"{\"status\":\"OK\"}"))?;
                }
                _ => connection.send(&wire::answer("404 Not Found", "", b""))?,
            }
        }
        Ok(())
    }

    fn tell(&self, done: Done) {
        self.tell_at(done, Instant::now());
    }

    fn tell_at(&self, done: Done, at: Instant) {
        let handed_out = *self
            .handed_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Nobody waits any more once the benchmark ends.
        let _ = self.done.send((done, handed_out, at));
    }
}

const JSON: &str = "content-type: application/json\r\n";

/// Headers of an event.
fn head() -> String {
    let deadline = SystemTime::now() + LIMIT;
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!(
        "{JSON}lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         lambda-runtime-deadline-ms: {deadline}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:111122223333:function:benchmark\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n"
    )
}
