//! Walking through JSON text once, without a tree and without copying.
//!
//! The walk is strict (RFC 8259), and only says that a text is not JSON: where and why is for `serde_json` to say, which is asked
//! once something is wrong. No nesting is too deep for it, as it does not call itself. Numbers and strings stay as they were
//! written.

use std::borrow::Cow;

use wide::u8x16;

/// The text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raw<'t> {
    pub(super) text: &'t str,
    /// Whether it is a string without a backslash, a number, or one of the three words. A string around it then needs
    /// backslashes at its own quotes and nowhere else.
    pub(super) plain: bool,
}

/// A member's name as it stands between its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'t> {
    pub(super) text: &'t str,
    /// Whether there is a backslash in it.
    escaped: bool,
}

impl<'t> Key<'t> {
    /// The name that is meant.
    ///
    /// # Errors
    ///
    /// [`Broken`] if no text can be the name, as it holds half a surrogate pair.
    #[inline]
    pub(super) fn name(self) -> Result<Cow<'t, str>, Broken> {
        if !self.escaped {
            return Ok(Cow::Borrowed(self.text));
        }
        let name: Result<String, _> = serde_json::from_str(&format!("\"{}\"", self.text));
        name.map(Cow::Owned).map_err(|_| Broken)
    }
}

/// Bytes that are looked at in one go.
const BLOCK: usize = 64;

/// A place in a text.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// The closing brackets that are due in the value passed over, from the outermost to the innermost.
    due: Vec<u8>,
    /// The number of a block, and where in it a string would end or be interrupted, as bits.
    block: usize,
    special: u64,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            due: Vec::new(),
            block: usize::MAX,
            special: 0,
        }
    }

    /// Bytes passed over.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Passes over the next byte that is no white space, if it is this one.
    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        if self.eat(byte) { Ok(()) } else { Err(Broken) }
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Broken),
        }
    }

    /// Passes over a value.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Raw<'t>, Broken> {
        let first = self.peek().ok_or(Broken)?;
        let start = self.at;
        let plain = match first {
            b'"' => {
                self.at += 1;
                !self.string()?
            }
            b'{' | b'[' => {
                self.nested()?;
                false
            }
            _ => {
                self.scalar(first)?;
                true
            }
        };
        let text = self.text.get(start..self.at).ok_or(Broken)?;
        Ok(Raw { text, plain })
    }

    /// Walks through an object: `member` is called behind each name, and has to pass over its value.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Key<'t>) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        self.expect(b'{')?;
        if self.eat(b'}') {
            return Ok(());
        }
        loop {
            let key = self.key()?;
            member(self, key)?;
            if !self.eat(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// Walks through an array: `element` is called before each element, and has to pass over it.
    #[inline]
    pub(super) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        self.expect(b'[')?;
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.eat(b',') {
                return self.expect(b']');
            }
        }
    }

    /// A member's name and its colon.
    #[inline]
    fn key(&mut self) -> Result<Key<'t>, Broken> {
        self.expect(b'"')?;
        let start = self.at;
        let escaped = self.string()?;
        let text = self.text.get(start..self.at - 1).ok_or(Broken)?;
        self.expect(b':')?;
        Ok(Key { text, escaped })
    }

    /// The rest of a string with its closing quote; whether there is a backslash in it.
    #[inline]
    fn string(&mut self) -> Result<bool, Broken> {
        let mut escaped = false;
        loop {
            self.go_to_special();
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(Broken),
            }
        }
    }

    /// Goes to the next byte that does not stand for itself in a string: a quote, a backslash or a control character; or behind
    /// the end of the text.
    #[inline]
    fn go_to_special(&mut self) {
        let mut block = self.at / BLOCK;
        if block != self.block {
            self.load(block);
        }
        let mut special = self.special & (u64::MAX << (self.at % BLOCK));
        while special == 0 {
            block += 1;
            self.load(block);
            special = self.special;
        }
        self.at = block * BLOCK + special.trailing_zeros() as usize;
    }

    #[inline]
    fn load(&mut self, block: usize) {
        let rest = self.text.as_bytes().get(block * BLOCK..);
        let rest = rest.unwrap_or_default();
        self.block = block;
        self.special = match rest.first_chunk() {
            Some(block) => special(block),
            None => {
                // The zeros behind the end are control characters, so the end is a place to stop at.
                let mut padded = [0; BLOCK];
                for (to, from) in padded.iter_mut().zip(rest) {
                    *to = *from;
                }
                special(&padded)
            }
        };
    }

    /// The backslash that stands here and what belongs to it.
    fn escape(&mut self) -> Result<(), Broken> {
        let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
        self.at += match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', a, b, c, d, ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(Broken),
        };
        Ok(())
    }

    /// A number or a word.
    #[inline]
    fn scalar(&mut self, first: u8) -> Result<(), Broken> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let word: &[u8] = match first {
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => {
                self.at += number(rest)?;
                return Ok(());
            }
        };
        if !rest.starts_with(word) {
            return Err(Broken);
        }
        self.at += word.len();
        Ok(())
    }

    /// The object or array that begins here.
    fn nested(&mut self) -> Result<(), Broken> {
        self.due.clear();
        loop {
            // A value begins here.
            match self.peek().ok_or(Broken)? {
                b'"' => {
                    self.at += 1;
                    self.string()?;
                }
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    // `}` and `]` stand two places behind `{` and `[`.
                    let closing = bracket + 2;
                    if !self.eat(closing) {
                        self.due.push(closing);
                        if closing == b'}' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                first => self.scalar(first)?,
            }
            // A value has ended, and perhaps more with it.
            loop {
                let Some(closing) = self.due.last().copied() else {
                    return Ok(());
                };
                if self.eat(b',') {
                    if closing == b'}' {
                        self.key()?;
                    }
                    break;
                }
                self.expect(closing)?;
                self.due.pop();
            }
        }
    }
}

/// Bytes of the number at the beginning of a text.
#[inline]
fn number(text: &[u8]) -> Result<usize, Broken> {
    let start = usize::from(text.first() == Some(&b'-'));
    let mut end = match text.get(start) {
        Some(b'0') => start + 1,
        _ => digits(text, start)?,
    };
    if text.get(end) == Some(&b'.') {
        end = digits(text, end + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = matches!(text.get(end + 1), Some(b'+' | b'-'));
        end = digits(text, end + 1 + usize::from(sign))?;
    }
    Ok(end)
}

/// Where the digits end that begin here. There must be one.
#[inline]
fn digits(text: &[u8], start: usize) -> Result<usize, Broken> {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0xf0;
    let mut end = start;
    while let Some(eight) = text.get(end..).and_then(|rest| rest.first_chunk()) {
        // Bytes 0x30 to 0x39, eight at once: each has a three in its upper half, and still has if six is added. In UTF-8 no byte
        // is so large that adding six reaches the next one.
        let eight = u64::from_le_bytes(*eight);
        let others = (eight & HIGH) ^ (ONES * 0x30) | ((eight + ONES * 6) & HIGH) ^ (ONES * 0x30);
        end += others.trailing_zeros() as usize / 8;
        if others != 0 {
            return if end > start { Ok(end) } else { Err(Broken) };
        }
    }
    let rest = text.get(end..).unwrap_or_default();
    end += rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if end > start { Ok(end) } else { Err(Broken) }
}

/// Which bytes of a block do not stand for themselves in a string, the first one in the lowest bit.
#[inline]
fn special(block: &[u8; BLOCK]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    let mut bits = 0;
    for (number, part) in parts.iter().enumerate() {
        let part = u8x16::new(*part);
        let found = part.simd_eq(u8x16::splat(b'"'))
            | part.simd_eq(u8x16::splat(b'\\'))
            | part.simd_eq(part.min(u8x16::splat(0x1f)));
        bits |= u64::from(found.to_bitmask()) << (16 * number);
    }
    bits
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
#[path = "scan_tests.rs"]
mod tests;
