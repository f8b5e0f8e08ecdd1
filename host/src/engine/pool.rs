//! Room for instances, reserved once and used again by each invocation.
//!
//! Every invocation has an instance of its own. Where Wasmtime makes it from nothing, the kernel maps and unmaps its
//! memories, tables and stack each time, and the guest's first touch of every page is a fault: 80 microseconds of an
//! invocation without work, and half a millisecond where a guest fills megabytes. Out of a pool it gets the places of the
//! instance before, which the engine has put back to what the compiled file says. No instance sees what another one wrote:
//! its memory is zero, or is what the file says, and its stack holds nothing that a guest could read, which has no way to it.
//!
//! A memory's place keeps up to [`KEPT_BYTES`] when an invocation is over. Linux 6.7 and later can say which of them were
//! written, and those are zeroed; earlier ones cannot, and all of them are, as far as the guest's memory reached. That is
//! still faster than to give them back and to be given others: docs/performance.md has both. What is beyond goes back.
//!
//! What is reserved is room for addresses. Memory is used as guests write it.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::config;
use super::limits::TABLE_ELEMENTS;

/// Instances of a component that have a place at once. An invocation has one, and the one before may not be gone yet: the host
/// answers one event at a time, as Lambda hands them out. A third at once would be refused, and its invocation fail.
const PLACES: u32 = 2;
/// Core instances inside a component; the components of Python's toolchain have some tens.
const CORE_INSTANCES: u32 = 128;
/// Memories inside a component. Toolchains make one, or a second one for an adapter; two more for linked modules.
const MEMORIES: u32 = 4;
/// Tables inside a component.
const TABLES: u32 = 32;
/// Bytes of the engine's own data about an instance.
const INSTANCE_BYTES: usize = 4 << 20;
/// Bytes of a memory that stay with its place when an invocation is over: enough for a page of 5 MB and most of what a guest
/// makes of it. The rest goes back to the system.
const KEPT_BYTES: usize = 8 << 20;
/// The same of a table.
const KEPT_TABLE_BYTES: usize = 64 << 10;

/// An engine that keeps room for instances; nothing if the system does not give that many addresses.
pub(super) fn engine() -> Option<Engine> {
    // Asked for where the kernel can say which pages were written.
    engine_with(Enabled::Auto)
}

fn engine_with(pagemap_scan: Enabled) -> Option<Engine> {
    let mut pooled: Config = config();
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(pagemap_scan)));
    Engine::new(&pooled)
        .inspect_err(|error| tracing::debug!(%error, "no room can be reserved for instances"))
        .ok()
}

fn pool(pagemap_scan: Enabled) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(PLACES)
        .total_stacks(PLACES)
        .total_core_instances(PLACES * CORE_INSTANCES)
        .total_memories(PLACES * MEMORIES)
        .total_tables(PLACES * TABLES)
        // A component that needs more is refused when it is loaded, and not in the middle of an invocation.
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memories_per_module(MEMORIES)
        .table_elements(TABLE_ELEMENTS)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        .pagemap_scan(pagemap_scan);
    pool
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use wasmtime::Store;
    use wasmtime::component::{Component, Linker};

    use super::*;
    use crate::engine::MemoryLimiter;

    /// A component that gives up if anything is not as its file says, and leaves everything changed: a byte of its data, bytes
    /// it was never given, a byte beyond what a place keeps, the size of its memory, a global and an entry of its table.
    const LEAVES_TRACES: &str = r#"
    (component
      (core module $m
        (memory 160)
        (data (i32.const 8) "data")
        (table $t 2 funcref)
        (global $g (mut i32) (i32.const 7))
        (elem declare func $start)
        (func $insist (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
        (func $start
          (call $insist (i32.eq (i32.load (i32.const 8)) (i32.const 0x61746164)))
          (call $insist (i32.eqz (i32.load (i32.const 70000))))
          (call $insist (i32.eqz (i32.load (i32.const 10000000))))
          (call $insist (i32.eq (memory.size) (i32.const 160)))
          (call $insist (i32.eq (global.get $g) (i32.const 7)))
          (call $insist (ref.is_null (table.get $t (i32.const 1))))
          (i32.store (i32.const 8) (i32.const 1))
          (i32.store (i32.const 70000) (i32.const 1))
          (i32.store (i32.const 10000000) (i32.const 1))
          (drop (memory.grow (i32.const 1)))
          (i32.store (i32.const 10485760) (i32.const 1))
          (global.set $g (i32.const 1))
          (table.set $t (i32.const 1) (ref.func $start)))
        (start $start))
      (core instance (instantiate $m))
      (core instance (instantiate $m)))"#;

    /// A component whose start waits for the host.
    const WAITS: &str = r#"
    (component
      (import "wait" (func $wait))
      (core func $lowered (canon lower (func $wait)))
      (core module $m
        (import "" "wait" (func $wait))
        (memory 1)
        (start $wait))
      (core instance (instantiate $m (with "" (instance (export "wait" (func $lowered)))))))"#;

    /// A component whose table grows as far as a place allows, and not one entry further.
    const FILLS_A_TABLE: &str = r#"
    (component
      (core module $m
        (table $t 1 funcref)
        (func $insist (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
        (func $start
          (call $insist (i32.eq (table.grow $t (ref.null func) (i32.const 1048575)) (i32.const 1)))
          (call $insist (i32.eq (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1))))
        (start $start))
      (core instance (instantiate $m)))"#;

    /// The pool of a kernel that says which pages were written, if this one does, and of any other.
    const SCANS: [Enabled; 2] = [Enabled::Auto, Enabled::No];

    fn store(engine: &Engine) -> Store<MemoryLimiter> {
        let mut store = Store::new(engine, MemoryLimiter::new(64 << 20));
        store.set_epoch_deadline(1);
        store.limiter(|limiter| limiter);
        store
    }

    async fn instantiate(
        engine: &Engine,
        component: &Component,
    ) -> (wasmtime::Result<()>, MemoryLimiter) {
        let mut store = store(engine);
        let outcome = Linker::new(engine)
            .instantiate_async(&mut store, component)
            .await;
        (outcome.map(drop), store.into_data())
    }

    #[tokio::test]
    async fn an_instance_finds_nothing_of_the_one_before() {
        for scan in SCANS {
            let engine = engine_with(scan).unwrap();
            let component = Component::new(&engine, LEAVES_TRACES).unwrap();
            for _ in 0..2 * PLACES + 1 {
                instantiate(&engine, &component).await.0.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn every_place_can_be_had_again_after_a_trap() {
        for scan in SCANS {
            let engine = engine_with(scan).unwrap();
            let fails = Component::new(
                &engine,
                "(component (core module $m (memory 1) (func $s unreachable) (start $s)) (core instance (instantiate $m)))",
            )
            .unwrap();
            for _ in 0..4 * PLACES {
                let error = instantiate(&engine, &fails).await.0.unwrap_err();
                assert!(error.is::<wasmtime::Trap>(), "{error:?}");
            }
        }
    }

    #[tokio::test]
    async fn every_place_can_be_had_again_after_a_guest_that_was_left_waiting() {
        for scan in SCANS {
            let engine = engine_with(scan).unwrap();
            let waits = Component::new(&engine, WAITS).unwrap();
            let mut linker = Linker::new(&engine);
            linker
                .root()
                .func_wrap_async("wait", |_, ()| {
                    Box::new(std::future::pending::<wasmtime::Result<()>>())
                })
                .unwrap();
            for _ in 0..4 * PLACES {
                let mut store = store(&engine);
                let mut started = std::pin::pin!(linker.instantiate_async(&mut store, &waits));
                let polled = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(
                        started
                            .as_mut()
                            .poll(context)
                            .map(|outcome| outcome.map(drop)),
                    )
                });
                assert!(polled.await.is_pending(), "it does not wait");
            }
        }
    }

    #[tokio::test]
    async fn a_table_that_outgrows_its_place_lacks_memory() {
        let engine = engine().unwrap();
        let component = Component::new(&engine, FILLS_A_TABLE).unwrap();
        let (outcome, limiter) = instantiate(&engine, &component).await;
        outcome.unwrap();
        assert!(limiter.refused());
    }
}
