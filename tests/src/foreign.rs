//! Servers that others have written, in Python or for Node, each in a process of its own on a free port of 127.0.0.1.
//!
//! Such a program is given to the interpreter as text ([`python`], [`node`]), so that it can listen on a port the system
//! chooses where its own command could not. It says where it listens in its log, and ends with its standard input, so that
//! it does not outlive a test process that is killed.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Importing a large package takes seconds on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// For one request of [`ForeignServer::send`].
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// Stands before every program for Python.
const PYTHON_WATCH: &str = "
import os, sys, threading

def watch():
    while os.read(0, 4096):
        pass
    os._exit(0)

threading.Thread(target=watch, daemon=True).start()
";

/// Stands before every program for Node.
const NODE_WATCH: &str = "process.stdin.resume().on('end', () => process.exit());\n";

/// A program for Python that ends with its standard input. `os`, `sys` and `threading` are imported.
pub fn python(interpreter: &Path, program: &str) -> Command {
    let mut command = Command::new(interpreter);
    command
        .args(["-c", &format!("{PYTHON_WATCH}{program}")])
        .env("PYTHONUNBUFFERED", "1")
        .env_remove("PYTHONPATH");
    command
}

/// A program for Node, with `require`, that ends with its standard input.
pub fn node(program: &str) -> Command {
    let mut command = Command::new("node");
    command
        .args(["-e", &format!("{NODE_WATCH}{program}")])
        .env_remove("NODE_OPTIONS");
    command
}

/// A running server. Stops when dropped, and when the process ends.
#[derive(Debug)]
pub struct ForeignServer {
    name: &'static str,
    child: Child,
    address: SocketAddr,
}

/// An answer of a server.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as text.
    pub body: String,
}

impl ForeignServer {
    /// Starts a program and waits until a line of its standard output or standard error has `mark` and, right behind it,
    /// the address as `127.0.0.1:PORT`, with or without `http://`. `name` stands in messages.
    ///
    /// # Errors
    ///
    /// If the program cannot be started, or ends or says nothing of an address for two minutes; with its log.
    pub fn start(name: &'static str, mut command: Command, mark: &str) -> Result<Self> {
        let program = Path::new(command.get_program()).display().to_string();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name}: {program} cannot be started"))?;
        match listening(&mut child, mark) {
            Ok(address) => Ok(Self {
                name,
                child,
                address,
            }),
            Err(error) => {
                end(&mut child);
                Err(error.context(format!("{name} did not start")))
            }
        }
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a request and gives the answer, whatever its status. `target` is path and query; `host` and `content-length`
    /// are added.
    ///
    /// # Errors
    ///
    /// If no answer comes within 30 seconds, or one that is no text.
    pub fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answered> {
        self.exchange(method, target, headers, body)
            .and_then(|answer| parse(&answer))
            .with_context(|| format!("{} does not answer {method} {target}", self.name))
    }

    /// HTTP 1.0, in which the end of the connection is the end of the body.
    fn exchange(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(REQUEST_LIMIT))?;
        let mut request = format!(
            "{method} {target} HTTP/1.0\r\nhost: {}\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for ForeignServer {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; there is nothing else to be done about an error.
    let _ = child.kill();
    let _ = child.wait();
}

fn parse(answer: &str) -> Result<Answered> {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("the answer's headers have no end")?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(Answered {
        status: status
            .and_then(|status| status.parse().ok())
            .context("the answer has no status")?,
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    })
}

/// Reads the log until it names the address.
fn listening(child: &mut Child, mark: &str) -> Result<SocketAddr> {
    let (sender, lines) = mpsc::channel();
    follow(child.stdout.take(), sender.clone())?;
    follow(child.stderr.take(), sender)?;
    let end = Instant::now() + START_LIMIT;
    let mut log = String::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Some(address) = address(&line, mark) {
                    return Ok(address);
                }
                log.push_str(&line);
                log.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => bail!("it says no address in time:\n{log}"),
            Err(RecvTimeoutError::Disconnected) => bail!("it ended at once:\n{log}"),
        }
    }
}

/// Sends on the lines of a stream of a child. Once nobody listens, the rest is read and dropped, lest the pipe fill up.
fn follow(stream: Option<impl Read + Send + 'static>, lines: Sender<String>) -> Result<()> {
    let stream = stream.context("a stream of the child is missing")?;
    std::thread::Builder::new()
        .name("server-log".to_owned())
        .spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        })?;
    Ok(())
}

/// The address behind a mark. Colours or a slash may follow it.
fn address(line: &str, mark: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(mark)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("http://").unwrap_or(rest);
    let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.' && char != ':');
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn finds_the_address_in_a_line_of_any_of_them() {
        let found = Some(SocketAddr::from(([127, 0, 0, 1], 8080)));
        for (line, mark) in [
            ("listening on 127.0.0.1:8080", "listening on"),
            (
                "\u{1b}[33m * Running on http://127.0.0.1:8080\u{1b}[0m",
                "Running on",
            ),
            (
                "[CLI] Prism is listening on http://127.0.0.1:8080/",
                "listening on",
            ),
        ] {
            assert_eq!(address(line, mark), found, "{line}");
        }
        for line in [
            "127.0.0.1:8080",
            "listening on nothing",
            "listening on 127.0.0.1",
        ] {
            assert_eq!(address(line, "listening on"), None, "{line}");
        }
    }

    #[test]
    fn a_program_that_ends_is_an_error_with_its_log() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such module >&2; echo and more"]);
        let error = format!(
            "{:#}",
            ForeignServer::start("a server", command, "listening on").unwrap_err()
        );
        assert!(error.starts_with("a server did not start: "), "{error}");
        assert!(
            error.contains("no such module\n") && error.contains("and more\n"),
            "{error}"
        );
    }

    #[test]
    fn reads_an_answer_and_refuses_what_is_none() {
        let answer =
            parse("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno\r\n\r\nsuch")
                .unwrap();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "no\r\n\r\nsuch")
        );
        assert_eq!(
            answer.headers,
            [("content-type".to_owned(), "text/plain".to_owned())]
        );
        assert!(parse("").is_err());
        assert!(parse("HTTP/1.1 200 OK\r\n").is_err());
        assert!(parse("nonsense\r\n\r\n").is_err());
    }
}
