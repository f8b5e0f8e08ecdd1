//! How much memory a guest may take.

use wasmtime::ResourceLimiter;

use crate::mechanism;

/// Size of a table's element, in bytes: tables count as memory.
const ELEMENT_BYTES: usize = size_of::<usize>();
/// Elements of a table in the pool of instances. JavaScript's and Python's toolchains need some ten thousand.
pub(super) const TABLE_ELEMENTS: usize = 1 << 20;
/// Most core instances, memories and tables of one component, each. Adapters of language runtimes take a dozen.
const MOST_PARTS: usize = 1000;

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

    fn grow(&mut self, bytes: usize, mechanism: &str) -> bool {
        let total = self.bytes.saturating_add(bytes);
        if total > self.limit_bytes && !mechanism::off(mechanism) {
            self.refused = true;
            return false;
        }
        self.bytes = total;
        self.peak_bytes = self.peak_bytes.max(total);
        true
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
        Ok(self.grow(desired.saturating_sub(current), "limits.memory"))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The place of a table in the pool may be smaller than what the guest declared, and than what it may have.
        let place_is_full = desired > TABLE_ELEMENTS && maximum == Some(TABLE_ELEMENTS);
        if place_is_full && !mechanism::off("limits.tables") {
            self.refused = true;
            return Ok(false);
        }
        Ok(self.grow(
            desired
                .saturating_sub(current)
                .saturating_mul(ELEMENT_BYTES),
            "limits.tables",
        ))
    }

    fn instances(&self) -> usize {
        MOST_PARTS
    }

    fn tables(&self) -> usize {
        MOST_PARTS
    }

    fn memories(&self) -> usize {
        MOST_PARTS
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
        let mut limiter = MemoryLimiter::new(100);
        assert!(
            !limiter.table_growing(0, 100, None).unwrap(),
            "tables count as memory"
        );
        assert!(limiter.table_growing(0, 5, None).unwrap());
        assert_eq!(limiter.peak_bytes(), 5 * ELEMENT_BYTES);
    }

    #[test]
    fn a_table_larger_than_its_place_lacks_memory() {
        let mut limiter = MemoryLimiter::new(1 << 30);
        let place = Some(TABLE_ELEMENTS);
        assert!(limiter.table_growing(0, TABLE_ELEMENTS, place).unwrap());
        assert!(!limiter.refused());
        let more = TABLE_ELEMENTS + 1;
        assert!(!limiter.table_growing(TABLE_ELEMENTS, more, place).unwrap());
        assert!(limiter.refused());
        let mut limiter = MemoryLimiter::new(1 << 30);
        assert!(
            limiter.table_growing(0, more, None).unwrap(),
            "an instance made from nothing has room"
        );
    }
}
