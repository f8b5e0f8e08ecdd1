//! Instances that end badly before any of their functions is called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Engine;
use wasmtime::component::Component;

use super::{Guest, HostState, InvocationInfo, Usage};
use crate::Error;
use crate::egress::{Egress, EgressOptions};
use crate::engine::{Alarm, Connector, Metadata, Target, TrapKind, config};

/// A component whose start sleeps for an hour in a host function.
const SLEEPS: &str = r#"
(component
  (import "wasi:io/poll@0.2.12" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
    (alias outer 1 $pollable (type $q))
    (export "pollable" (type $r (eq $q)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $r))))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core module $m
    (import "h" "subscribe" (func $s (param i64) (result i32)))
    (import "h" "block" (func $b (param i32)))
    (func $start (call $b (call $s (i64.const 3600000000000))))
    (start $start))
  (core instance (instantiate $m (with "h" (instance
    (export "subscribe" (func $subscribe))
    (export "block" (func $block)))))))
"#;

/// A component whose start computes for ever.
const SPINS: &str = "(component
  (core module $m (func $start (loop (br 0))) (start $start))
  (core instance (instantiate $m)))";

/// A component whose start takes more memory than it may have, and gives up when it is refused.
const GROWS: &str = "(component
  (core module $m
    (memory 1)
    (func $start (if (i32.eq (memory.grow (i32.const 4096)) (i32.const -1)) (then unreachable)))
    (start $start))
  (core instance (instantiate $m)))";

/// A component whose start says what is wrong on standard error, and gives up.
const EXPLAINS: &str = r#"
(component
  (import "wasi:io/error@0.2.12" (instance $error (export "error" (type $e (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.12" (instance $streams
    (alias outer 1 $error-type (type $e))
    (export "error" (type $f (eq $e)))
    (export "output-stream" (type $o (sub resource)))
    (type $g (variant (case "last-operation-failed" (own $f)) (case "closed")))
    (export "stream-error" (type $h (eq $g)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $h)))))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stderr@0.2.12" (instance $stderr
    (alias outer 1 $stream (type $o))
    (export "output-stream" (type $p (eq $o)))
    (export "get-stderr" (func (result (own $p))))))
  (core module $data (memory (export "memory") 2) (data (i32.const 0) "no table of currencies"))
  (core instance $data (instantiate $data))
  (core func $get (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $data "memory"))))
  (core module $m
    (import "h" "get" (func $get (result i32)))
    (import "h" "write" (func $write (param i32 i32 i32 i32)))
    (func $start
      (call $write (call $get) (i32.const 0) (i32.const 22) (i32.const 64))
      unreachable)
    (start $start))
  (core instance (instantiate $m (with "h" (instance
    (export "get" (func $get))
    (export "write" (func $write)))))))
"#;

/// How the start of a component ends that may take 200 ms.
async fn start(wat: &str) -> TrapKind {
    failed_start(wat).await.0
}

/// The same, and what it has used.
async fn failed_start(wat: &str) -> (TrapKind, Usage) {
    let engine = Engine::new(&config()).unwrap();
    let component = Component::new(&engine, wat).unwrap();
    let metadata = Metadata {
        wasmtime: String::new(),
        contract: String::new(),
        target: Target::X86_64,
        component_sha256: String::new(),
        exports: Vec::new(),
        manifest: "[connector]\nname = \"bad\"\nversion = \"0.1.0\"\n".to_owned(),
    };
    let connector = Connector::link(engine, &component, metadata).unwrap();
    let info = InvocationInfo {
        request_id: String::new(),
        deadline: Instant::now() + Duration::from_millis(200),
    };
    let egress = Egress::new(Vec::new(), Vec::new(), EgressOptions::default());
    let state = HostState::alone(info, connector.manifest().limits, Arc::new(egress));
    let outcome = Guest::instantiate(&connector, state, &Alarm::new()).await;
    let failed = outcome.err().unwrap();
    let Error::Trap { kind, .. } = failed.error else {
        panic!("the start ended without a trap: {:?}", failed.error)
    };
    (kind, *failed.usage)
}

#[tokio::test]
async fn a_start_that_sleeps_ends_with_its_time() {
    assert_eq!(start(SLEEPS).await, TrapKind::Time);
}

#[tokio::test]
async fn a_start_that_spins_ends_with_its_time() {
    assert_eq!(start(SPINS).await, TrapKind::Time);
}

#[tokio::test]
async fn a_start_that_takes_too_much_memory_is_called_by_its_name() {
    assert_eq!(start(GROWS).await, TrapKind::Memory);
}

#[tokio::test]
async fn what_a_failed_start_has_printed_and_used_is_not_lost() {
    let (kind, usage) = failed_start(EXPLAINS).await;
    assert_eq!(kind, TrapKind::Panic);
    assert_eq!(usage.printed, ["no table of currencies"]);
    assert_eq!(usage.memory_bytes, 2 << 16);
}
