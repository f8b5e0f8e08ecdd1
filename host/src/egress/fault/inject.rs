//! Carrying a fault out.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use super::{Faults, Kind, MadeAnswer, Malformation};
use crate::egress::error::EgressError;
use crate::egress::failure::sort_hyper;

/// Size of the pieces of a dripping body.
const DRIP_BYTES: usize = 1024;

const HTML: &str = "<!DOCTYPE html><html><body>Please log in</body></html>";

impl Faults {
    /// Lets a request out by `forward`, or what the plan says instead.
    pub(crate) async fn exchange<F>(
        &self,
        host: &str,
        forward: F,
    ) -> Result<Response<AnswerBody>, EgressError>
    where
        F: Future<Output = Result<Response<Incoming>, EgressError>>,
    {
        let Some(kind) = self.next(host) else {
            return forward.await.map(|answer| answer.map(AnswerBody::Whole));
        };
        tracing::debug!(target: "appflow_host::fault", "{kind:?}");
        let host = host.to_owned();
        match kind {
            Kind::Dns => Err(no_connection(host, "its name was not found")),
            Kind::ConnectRefused => Err(no_connection(host, "connection refused")),
            Kind::Tls => Err(EgressError::Certificate {
                host,
                reason: "expired",
            }),
            Kind::ResetBefore => Err(EgressError::Truncated { host }),
            Kind::ResetAfter => {
                whole(forward.await?, &host).await?;
                Err(EgressError::Truncated { host })
            }
            Kind::Status { answer, after } => {
                if *after {
                    whole(forward.await?, &host).await?;
                }
                Ok(made(answer))
            }
            Kind::Slow(wait) => {
                let answer = forward.await?;
                sleep(*wait).await;
                Ok(answer.map(AnswerBody::Whole))
            }
            Kind::Drip(wait) => Ok(changed(forward.await?, &host, |_, body| Made {
                wait: Some(*wait),
                ..Made::pieces(body, DRIP_BYTES)
            })
            .await?),
            Kind::Truncate(bytes) => Ok(changed(forward.await?, &host, |_, body| Made {
                cut: true,
                ..Made::from(body.slice(..body.len().min(*bytes)))
            })
            .await?),
            Kind::WrongLength => Ok(changed(forward.await?, &host, |head, body| {
                head.headers
                    .insert(CONTENT_LENGTH, HeaderValue::from(body.len() + 1));
                Made::from(body)
            })
            .await?),
            Kind::Malformed(how) => Ok(changed(forward.await?, &host, |head, body| {
                Made::from(malformed(*how, head, &body))
            })
            .await?),
            Kind::Clock(seconds) => {
                crate::clock::jump(*seconds);
                Ok(forward.await?.map(AnswerBody::Whole))
            }
        }
    }
}

fn no_connection(host: String, reason: &str) -> EgressError {
    EgressError::Connect {
        host,
        reason: reason.to_owned(),
    }
}

fn made(answer: &MadeAnswer) -> Response<AnswerBody> {
    let body = Bytes::from(answer.body.clone());
    let mut response = Response::new(AnswerBody::Made(Made::from(body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers.clone();
    response
}

/// The whole answer of the application.
async fn whole(
    answer: Response<Incoming>,
    host: &str,
) -> Result<(http::response::Parts, Bytes), EgressError> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await;
    let body = body.map_err(|error| sort_hyper(&error, host))?;
    Ok((head, body.to_bytes()))
}

async fn changed(
    answer: Response<Incoming>,
    host: &str,
    change: impl FnOnce(&mut http::response::Parts, Bytes) -> Made,
) -> Result<Response<AnswerBody>, EgressError> {
    let (mut head, body) = whole(answer, host).await?;
    let made = change(&mut head, body);
    Ok(Response::from_parts(head, AnswerBody::Made(made)))
}

fn malformed(how: Malformation, head: &mut http::response::Parts, body: &Bytes) -> Bytes {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let body = match how {
        Malformation::Cut => body.slice(..body.len() / 2),
        Malformation::Html => {
            head.status = StatusCode::OK;
            head.headers = HeaderMap::from_iter([(CONTENT_TYPE, html)]);
            Bytes::from_static(HTML.as_bytes())
        }
        Malformation::Empty => {
            head.status = StatusCode::OK;
            Bytes::new()
        }
        Malformation::ByteOrderMark => [&b"\xef\xbb\xbf"[..], body].concat().into(),
        Malformation::NotUtf8 => {
            // In the middle of something, where it is most likely to be overlooked.
            let (first, second) = body.split_at(body.len() / 2);
            [first, b"\xff", second].concat().into()
        }
        Malformation::ContentType => {
            head.headers.insert(CONTENT_TYPE, html);
            body.clone()
        }
    };
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    body
}

/// The body of an answer: the application's own, or one made by a fault.
pub(crate) enum AnswerBody {
    Whole(Incoming),
    Made(Made),
}

/// How a body ended that did not come to its end.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// As the client says it.
    Client(hyper::Error),
    /// The connection ended.
    Ended,
}

/// A body that a fault made.
pub(crate) struct Made {
    pieces: VecDeque<Bytes>,
    /// Before each piece.
    wait: Option<Duration>,
    waiting: Option<Pin<Box<Sleep>>>,
    /// Whether the connection ends after the pieces.
    cut: bool,
}

impl From<Bytes> for Made {
    fn from(body: Bytes) -> Self {
        let size = body.len();
        Self::pieces(body, size)
    }
}

impl Made {
    fn pieces(mut body: Bytes, size: usize) -> Self {
        let mut pieces = VecDeque::new();
        while !body.is_empty() {
            pieces.push_back(body.split_to(size.clamp(1, body.len())));
        }
        Self {
            pieces,
            wait: None,
            waiting: None,
            cut: false,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(wait) = self.wait.filter(|_| !self.pieces.is_empty()) {
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(wait)));
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        Poll::Ready(match self.pieces.pop_front() {
            Some(piece) => Some(Ok(Frame::data(piece))),
            None if std::mem::take(&mut self.cut) => Some(Err(BodyError::Ended)),
            None => None,
        })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body)
                .poll_frame(context)
                .map_err(BodyError::Client),
            Self::Made(made) => made.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Made(made) => made.pieces.is_empty() && !made.cut,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Made(_) => SizeHint::default(),
        }
    }
}
