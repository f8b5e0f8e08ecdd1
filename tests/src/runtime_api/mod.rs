//! The Lambda Runtime API, emulated on loopback with the limits of the real one.
//!
//! [`Lambda`] is one execution environment: it starts the `bootstrap` at the first invocation, hands it one event at a
//! time, ends it at its deadline, and starts another one when the last one ended, as Lambda does (AWS: "Lambda
//! execution environment lifecycle", "Using the Lambda runtime API for custom runtimes").
//!
//! Public emulators were tried and found too forgiving for contract tests: they give deadlines that are no points in
//! time, know no 6 MB limit, or report a failed function as a success.
//!
//! Every line a function writes is looked at, whatever the test is about: one that holds a planted value
//! ([`canary`](crate::canary)), or metrics that CloudWatch would not take ([`emf`](crate::emf)), is an error of the
//! invocation, or a panic when the environment is dropped.
//!
//! Not emulated: freezing between invocations, extensions, response streaming, concurrency within one environment.

mod endpoint;
mod inspect;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::endpoint::Event;
use self::process::Process;

/// Largest event and largest answer of a synchronous invocation, in bytes.
///
/// Lambda's error messages name 6,291,456 for one and 6,291,556 for the other; the emulator takes the smaller for both.
pub const PAYLOAD_LIMIT_BYTES: usize = 6_291_456;

/// Time Lambda gives a process to ask for its first event before it starts another one.
pub const INIT_LIMIT: Duration = Duration::from_secs(10);

/// Time for the process to ask for the next event, or to end, after it has answered. What it logs in this time belongs
/// to the invocation.
const SETTLE_LIMIT: Duration = Duration::from_secs(5);

/// How often the emulator looks whether the process still lives.
const TICK: Duration = Duration::from_millis(2);

/// A function as it would be configured in Lambda.
#[derive(Debug, Clone)]
pub struct FunctionConfig {
    /// The executable.
    pub bootstrap: PathBuf,
    /// Environment on top of what Lambda sets; nothing else is inherited.
    pub env: BTreeMap<String, String>,
    /// The function's timeout, up to 900 seconds in Lambda.
    pub timeout: Duration,
    /// The function's memory in MiB. A process whose resident memory grows beyond it is killed.
    pub memory_mb: u32,
}

impl FunctionConfig {
    /// A function with a timeout of 30 seconds and 512 MiB.
    pub fn new(bootstrap: impl Into<PathBuf>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            env: BTreeMap::new(),
            timeout: Duration::from_secs(30),
            memory_mb: 512,
        }
    }

    /// Sets a variable of the function's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets the function's timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the function's memory in MiB.
    #[must_use]
    pub fn memory_mb(mut self, memory_mb: u32) -> Self {
        self.memory_mb = memory_mb;
        self
    }
}

/// What came of an invocation.
#[derive(Debug, Clone)]
pub struct Invoked {
    /// Identifier the function was given for this event.
    pub request_id: String,
    /// X-Ray's header the function was given for this event.
    pub trace_header: String,
    /// The answer, or Lambda's error document if there is a `function_error`.
    pub payload: Vec<u8>,
    /// Why Lambda would report a function error; a connector should never cause one.
    pub function_error: Option<FunctionError>,
    /// From handing out the event to the answer.
    pub duration: Duration,
    /// From starting the process to its asking for an event, if it was started for this invocation.
    pub init_duration: Option<Duration>,
    /// Largest resident memory of the process so far, in KiB; 0 if it could not be read.
    pub max_memory_kib: u64,
    /// Lines written to standard output and standard error, initialisation included.
    pub log: Vec<String>,
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Files and sockets it has open.
    pub open_files: usize,
    /// Its threads.
    pub threads: u64,
    /// Resident memory in KiB.
    pub memory_kib: u64,
    /// Largest resident memory so far in KiB.
    pub peak_memory_kib: u64,
}

/// Lambda's report of a function that did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// Lambda's name of the error, such as `Sandbox.Timedout`.
    pub error_type: String,
    /// Lambda's message, such as `Task timed out after 3.00 seconds`.
    pub message: String,
}

/// One execution environment of a function.
#[derive(Debug)]
pub struct Lambda {
    config: FunctionConfig,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    process: Option<Process>,
    log: process::LogFile,
    /// Bytes of the log that were looked at.
    inspected: u64,
    invocations: u64,
    starts: u64,
}

impl Lambda {
    /// An execution environment, in which nothing runs before the first invocation.
    ///
    /// # Errors
    ///
    /// If the executable is not there, or no log file can be made.
    pub fn start(config: FunctionConfig) -> Result<Self> {
        if !config.bootstrap.is_file() {
            bail!("there is no executable at {}", config.bootstrap.display());
        }
        let log = process::LogFile::create()?;
        Ok(Self {
            config,
            state: Mutex::new(State {
                process: None,
                log,
                inspected: 0,
                invocations: 0,
                starts: 0,
            }),
        })
    }

    /// Invokes the function and waits for its answer. Calls from several threads wait for each other.
    ///
    /// # Errors
    ///
    /// If the event is larger than [`PAYLOAD_LIMIT_BYTES`], which Lambda refuses without asking the function, or the
    /// emulator itself fails; if the function wrote a line that no function may write.
    pub fn invoke(&self, event: &[u8]) -> Result<Invoked> {
        self.invoke_within(event, self.config.timeout)
    }

    /// The same with less time than the function's timeout, as Lambda gives to an invocation that begins with a slow start.
    ///
    /// # Errors
    ///
    /// As [`Lambda::invoke`].
    pub fn invoke_within(&self, event: &[u8], timeout: Duration) -> Result<Invoked> {
        if event.len() > PAYLOAD_LIMIT_BYTES {
            bail!(
                "RequestEntityTooLargeException: {} byte payload is too large for the RequestResponse invocation type \
                 (limit {PAYLOAD_LIMIT_BYTES} bytes)",
                event.len()
            );
        }
        let mut state = self.lock();
        state.invocations += 1;
        let request_id = format!(
            "{:08x}-0000-4000-8000-{:012x}",
            std::process::id(),
            state.invocations
        );
        let log_start = state.log.length()?;
        let mut invocation = self.serve(&mut state, event, &request_id, timeout)?;
        invocation.log = state.log.lines_from(log_start)?;
        state.inspect()?;
        Ok(invocation)
    }

    /// Everything the function wrote to standard output and standard error so far, line by line.
    ///
    /// # Errors
    ///
    /// If the log file cannot be read.
    pub fn logs(&self) -> Result<Vec<String>> {
        self.lock().log.lines_from(0)
    }

    /// What the process holds now; none if none runs.
    pub fn held(&self) -> Option<Held> {
        let mut state = self.lock();
        let process = state.process.as_mut()?;
        let (open_files, threads) = process.held();
        Some(Held {
            open_files,
            threads,
            memory_kib: process.memory_kib(),
            peak_memory_kib: process.peak_memory_kib(),
        })
    }

    /// Host and port of the Runtime API the process talks to, which no connector may reach; none if none runs.
    pub fn runtime_api(&self) -> Option<String> {
        self.lock().process.as_ref().map(Process::runtime_api)
    }

    /// How many processes have been started so far.
    pub fn starts(&self) -> u64 {
        self.lock().starts
    }

    /// The process that runs now, for tests that look at it from outside; none before the first invocation and after one
    /// that ended it.
    pub fn process_id(&self) -> Option<u32> {
        self.lock().process.as_ref().map(Process::id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A test that panicked while it held the lock has failed anyway; others may still read the log.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn serve(
        &self,
        state: &mut State,
        event: &[u8],
        request_id: &str,
        timeout: Duration,
    ) -> Result<Invoked> {
        let mut init_duration = None;
        let mut budget = timeout;
        if state.process.as_mut().is_none_or(Process::has_ended) {
            state.process = None;
            match self.initialise(state, request_id, &mut budget)? {
                Ok(duration) => init_duration = Some(duration),
                Err(failed) => return Ok(failed),
            }
        }
        let process = state
            .process
            .as_mut()
            .context("a process was started before it is used")?;
        let started = Instant::now();
        process.hand_out(event, request_id, budget);
        let end = self.await_answer(process, request_id, started, budget);
        let duration = started.elapsed();
        let mut invoked = Invoked {
            request_id: request_id.to_owned(),
            trace_header: trace_header(request_id),
            payload: Vec::new(),
            function_error: None,
            duration,
            init_duration,
            max_memory_kib: process.peak_memory_kib(),
            log: Vec::new(),
        };
        let alive = match end {
            End::Answered(payload) => {
                invoked.payload = payload;
                self.settle(process)
            }
            End::Failed { payload, error } => {
                invoked.payload = payload;
                invoked.function_error = Some(error);
                self.settle(process)
            }
            End::Ended(error) => {
                invoked.payload = error_document(request_id, &error);
                invoked.function_error = Some(error);
                false
            }
        };
        if !alive {
            // Lambda starts afresh at the next event; a process that hangs is killed with the drop.
            state.process = None;
        }
        Ok(invoked)
    }

    /// Starts a process and waits until it asks for an event. The second attempt after [`INIT_LIMIT`] counts against
    /// the function's timeout, as in Lambda.
    fn initialise(
        &self,
        state: &mut State,
        request_id: &str,
        budget: &mut Duration,
    ) -> Result<Result<Duration, Invoked>> {
        let started = Instant::now();
        let mut limit = INIT_LIMIT;
        let mut repeated = false;
        loop {
            state.starts += 1;
            let attempt = Instant::now();
            let mut process = Process::start(&self.config, &state.log)?;
            let error = match process.await_ready(limit, TICK) {
                process::Start::Ready => {
                    if repeated {
                        *budget = budget.saturating_sub(attempt.elapsed());
                    }
                    state.process = Some(process);
                    return Ok(Ok(started.elapsed()));
                }
                process::Start::Slow if !repeated => {
                    repeated = true;
                    limit = *budget;
                    continue;
                }
                process::Start::Slow => timed_out(self.config.timeout),
                process::Start::Failed(error) => error,
            };
            return Ok(Err(Invoked {
                request_id: request_id.to_owned(),
                trace_header: trace_header(request_id),
                payload: error_document(request_id, &error),
                function_error: Some(error),
                duration: Duration::ZERO,
                init_duration: Some(started.elapsed()),
                max_memory_kib: 0,
                log: Vec::new(),
            }));
        }
    }

    fn await_answer(
        &self,
        process: &mut Process,
        request_id: &str,
        started: Instant,
        budget: Duration,
    ) -> End {
        let limit_kib = u64::from(self.config.memory_mb) * 1024;
        loop {
            match process.event(TICK) {
                Some(Event::Answer { id, body }) if id == request_id => {
                    if body.len() > PAYLOAD_LIMIT_BYTES {
                        let error = FunctionError {
                            error_type: "Function.ResponseSizeTooLarge".to_owned(),
                            message: format!(
                                "Response payload size ({} bytes) exceeded maximum allowed payload size \
                                 ({PAYLOAD_LIMIT_BYTES} bytes).",
                                body.len()
                            ),
                        };
                        return End::Failed {
                            payload: error_document(request_id, &error),
                            error,
                        };
                    }
                    return End::Answered(body);
                }
                Some(Event::Error {
                    id,
                    error_type,
                    body,
                }) if id == request_id => {
                    let message = String::from_utf8_lossy(&body).into_owned();
                    return End::Failed {
                        payload: body,
                        error: FunctionError {
                            error_type,
                            message,
                        },
                    };
                }
                Some(_) => {}
                None if process.has_ended() => return End::Ended(process.exit_error()),
                None => {}
            }
            if started.elapsed() >= budget {
                process.kill();
                return End::Ended(timed_out(self.config.timeout));
            }
            if process.memory_kib() > limit_kib {
                process.kill();
                return End::Ended(FunctionError {
                    error_type: "Runtime.OutOfMemory".to_owned(),
                    message: "Error: Runtime exited with error: signal: killed".to_owned(),
                });
            }
        }
    }

    /// Waits until the process asks for its next event (true) or ends.
    fn settle(&self, process: &mut Process) -> bool {
        let started = Instant::now();
        while started.elapsed() < SETTLE_LIMIT {
            match process.event(TICK) {
                Some(Event::Next) => return true,
                Some(_) => {}
                None if process.has_ended() => return false,
                None => {}
            }
        }
        false
    }
}

impl State {
    /// Looks at what was written since the last time.
    fn inspect(&mut self) -> Result<()> {
        let lines = self.log.lines_from(self.inspected)?;
        self.inspected = self.log.length()?;
        inspect::lines(&lines)
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        let state = self
            .state
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Its last words are looked at too.
        state.process = None;
        if let Err(error) = state.inspect()
            && !std::thread::panicking()
        {
            #[allow(clippy::panic, reason = "nobody else could tell the test")]
            {
                panic!("{error:#}");
            }
        }
    }
}

enum End {
    Answered(Vec<u8>),
    Failed {
        payload: Vec<u8>,
        error: FunctionError,
    },
    Ended(FunctionError),
}

/// A trace of its own for each event, sampled.
fn trace_header(request_id: &str) -> String {
    let digits: String = request_id.chars().filter(|digit| *digit != '-').collect();
    let root = digits.get(8..).unwrap_or_default();
    format!("Root=1-5bef4de7-{root};Parent=53995c3f42cd8ad8;Sampled=1")
}

fn timed_out(timeout: Duration) -> FunctionError {
    FunctionError {
        error_type: "Sandbox.Timedout".to_owned(),
        message: format!("Task timed out after {:.2} seconds", timeout.as_secs_f64()),
    }
}

fn error_document(request_id: &str, error: &FunctionError) -> Vec<u8> {
    serde_json::json!({
        "errorType": error.error_type,
        "errorMessage": format!("RequestId: {request_id} {}", error.message),
    })
    .to_string()
    .into_bytes()
}
