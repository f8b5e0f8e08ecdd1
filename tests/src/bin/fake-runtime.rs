//! A function that does what its event tells it, to test the emulated Runtime API with.
//!
//! It speaks the Runtime API over a bare socket, so that it shares no code with the emulator. The event is one word, and
//! perhaps an argument: `echo TEXT`, `log TEXT`, `later TEXT`, `large BYTES`, `fail TYPE`, `exit CODE`, `hang`, `answer-exit`, `twice`,
//! `grow MB`, `env NAME`, `headers`. With `FAKE_INIT` set it misbehaves before its first event: `exit` or `error`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let api =
        std::env::var("AWS_LAMBDA_RUNTIME_API").context("AWS_LAMBDA_RUNTIME_API is not set")?;
    println!("starting");
    match std::env::var("FAKE_INIT").as_deref() {
        Ok("exit") => std::process::exit(7),
        Ok("error") => {
            call(
                &api,
                "POST",
                "init/error",
                "Init.Broken",
                b"{\"errorMessage\":\"no component\"}",
            )?;
            std::process::exit(1);
        }
        _ => {}
    }
    let mut pending = None;
    loop {
        let next = send(&api, "GET", "invocation/next", "", b"")?;
        if let Some(text) = pending.take() {
            println!("{text}");
        }
        let (head, event) = receive(next)?;
        let id = head
            .iter()
            .find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "))
            .context("no request id")?
            .to_owned();
        let event = String::from_utf8_lossy(&event).into_owned();
        let (word, argument) = event.split_once(' ').unwrap_or((event.as_str(), ""));
        let answer =
            |body: &[u8]| call(&api, "POST", &format!("invocation/{id}/response"), "", body);
        match word {
            "log" => {
                answer(b"logged")?;
                println!("{argument}");
                eprintln!("{argument} again");
            }
            // Said when the answer is given and the next event asked for.
            "later" => {
                answer(b"later")?;
                pending = Some(argument.to_owned());
            }
            "large" => {
                answer(&vec![b'x'; argument.parse()?])?;
            }
            "fail" => {
                call(
                    &api,
                    "POST",
                    &format!("invocation/{id}/error"),
                    argument,
                    b"{\"errorMessage\":\"as told\"}",
                )?;
            }
            "exit" => std::process::exit(argument.parse()?),
            "hang" => loop {
                std::thread::park();
            },
            "answer-exit" => {
                answer(b"last words")?;
                std::process::exit(3);
            }
            "twice" => {
                answer(b"first")?;
                let (head, _) = answer(b"second")?;
                println!("second answer: {}", head.first().map_or("", String::as_str));
            }
            "grow" => {
                let megabytes: usize = argument.parse()?;
                let memory = vec![1_u8; megabytes << 20];
                answer(
                    format!(
                        "{}",
                        memory.iter().map(|&byte| u64::from(byte)).sum::<u64>()
                    )
                    .as_bytes(),
                )?;
            }
            "env" => {
                answer(std::env::var(argument).unwrap_or_default().as_bytes())?;
            }
            "headers" => {
                answer(head.join("\n").as_bytes())?;
            }
            _ => {
                answer(argument.as_bytes())?;
            }
        }
    }
}

/// One request on a connection of its own; the head of the answer by lines, and its body.
fn call(
    api: &str,
    method: &str,
    path: &str,
    error_type: &str,
    body: &[u8],
) -> Result<(Vec<String>, Vec<u8>)> {
    receive(send(api, method, path, error_type, body)?)
}

fn send(api: &str, method: &str, path: &str, error_type: &str, body: &[u8]) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(api)?;
    write!(
        stream,
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {api}\r\ncontent-length: {}\r\n\
         lambda-runtime-function-error-type: {error_type}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    Ok(stream)
}

fn receive(stream: TcpStream) -> Result<(Vec<String>, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        head.push(line.to_owned());
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    Ok((head, body))
}
