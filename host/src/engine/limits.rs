//! How much memory a guest may take.

use wasmtime::ResourceLimiter;

/// Most elements of one table. Tables hold function references, one per function that is called indirectly.
const TABLE_ELEMENTS: usize = 100_000;

/// Refuses growth beyond a limit, and remembers how far the guest got.
///
/// A refused `memory.grow` answers -1 in the guest, which most language runtimes turn into an abort. `refused` lets the
/// host call that by its name afterwards.
#[derive(Debug)]
pub struct MemoryLimiter {
    limit_bytes: usize,
    bytes: usize,
    peak_bytes: usize,
    refused: bool,
}

impl MemoryLimiter {
    /// A limiter for all memories of a store together.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            bytes: 0,
            peak_bytes: 0,
            refused: false,
        }
    }

    /// Most memory held at once, in bytes.
    #[must_use]
    pub fn peak_bytes(&self) -> usize {
        self.peak_bytes
    }

    /// True if the guest was refused memory.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// The limit, in bytes.
    #[must_use]
    pub fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.bytes.saturating_add(desired.saturating_sub(current));
        if total > self.limit_bytes {
            self.refused = true;
            return Ok(false);
        }
        self.bytes = total;
        self.peak_bytes = self.peak_bytes.max(total);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn counts_all_memories_and_refuses_beyond_the_limit() {
        let mut limiter = MemoryLimiter::new(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.refused());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
        assert!(limiter.refused());
        assert_eq!(limiter.peak_bytes(), 100);
    }
}
