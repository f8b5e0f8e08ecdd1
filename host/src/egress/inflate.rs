//! Decompression of a gzip body while it is still coming.
//!
//! 5 MB of records take some 30 ms to decompress, and rather longer to arrive. A thread decompresses what is there while the rest
//! is on its way, so that little is left to do at the end; and the compressed body is nowhere held as a whole.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, channel};

use bytes::{Buf as _, Bytes};
use tokio::task::JoinHandle;

use super::decode::{DecodeFailure, gunzip};

/// A body under way. The thread ends with the body, or when this is dropped.
pub(super) struct Inflating {
    pieces: Sender<Bytes>,
    thread: JoinHandle<Result<Bytes, DecodeFailure>>,
}

impl Inflating {
    /// Begins with a body that becomes `limit` bytes at most, of which `guess` are made room for.
    pub(super) fn start(guess: usize, limit: u64) -> Self {
        let (pieces, receiver) = channel();
        let pieces_to_read = Pieces {
            receiver,
            current: Bytes::new(),
        };
        let thread = tokio::task::spawn_blocking(move || gunzip(pieces_to_read, guess, limit));
        Self { pieces, thread }
    }

    /// Takes the next piece; false if it is known that nothing good will come of the body.
    pub(super) fn push(&self, piece: Bytes) -> bool {
        self.pieces.send(piece).is_ok()
    }

    /// The body, once all of it was pushed.
    ///
    /// # Errors
    ///
    /// As of [`Coding::decode`](super::decode::Coding::decode).
    pub(super) async fn finish(self) -> Result<Bytes, DecodeFailure> {
        drop(self.pieces);
        let ended = self.thread.await;
        ended.unwrap_or(Err(DecodeFailure::Broken("its decompression stopped")))
    }
}

/// The pieces as one text. It waits for the next one, and ends when nobody can push any more.
struct Pieces {
    receiver: Receiver<Bytes>,
    current: Bytes,
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.current.is_empty() {
            match self.receiver.recv() {
                Ok(piece) => self.current = piece,
                Err(_) => break,
            }
        }
        Ok(&self.current)
    }

    fn consume(&mut self, bytes: usize) {
        self.current.advance(bytes.min(self.current.len()));
    }
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::super::decode::Coding;
    use super::*;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    /// What becomes of a body that comes in pieces of this size.
    fn inflated(body: &[u8], piece: usize, limit: u64) -> Result<Bytes, DecodeFailure> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let inflating = Inflating::start(body.len(), limit);
            for piece in body.chunks(piece) {
                if !inflating.push(Bytes::copy_from_slice(piece)) {
                    break;
                }
            }
            inflating.finish().await
        })
    }

    #[test]
    fn a_bomb_is_given_up_long_before_its_end() {
        let bomb = gzip(&vec![0; 32 << 20]);
        assert_eq!(inflated(&bomb, 100, 1 << 20), Err(DecodeFailure::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_nobody_waits_for_ends_its_thread() {
        let Inflating { pieces, thread } = Inflating::start(0, 100);
        pieces.send(Bytes::from(gzip(b"text")).slice(..12)).unwrap();
        drop(pieces);
        assert_eq!(thread.await.unwrap(), Err(DecodeFailure::Truncated));
    }

    proptest! {
        #[test]
        fn pieces_come_to_what_the_whole_comes_to(
            texts in proptest::collection::vec(proptest::collection::vec(0..20u8, 0..400), 1..4),
            piece in 1..300usize, limit in 0..1500u64,
            cut in proptest::option::of(0..900usize),
            damage in proptest::option::of((0..900usize, any::<u8>())),
            after in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..30))
        ) {
            let mut body: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).collect();
            if let Some((at, with)) = damage {
                let at = at % body.len();
                body[at] = with;
            }
            body.truncate(cut.unwrap_or(usize::MAX).max(1));
            body.extend(after.unwrap_or_default());
            let whole = Coding::Gzip.decode(Bytes::from(body.clone()), limit);
            prop_assert_eq!(inflated(&body, piece, limit), whole);
        }
    }
}
