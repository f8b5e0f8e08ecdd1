//! Which kind of end a guest came to.

use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

/// Why a guest's call ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrapKind {
    /// It asked for more memory than its limit.
    Memory,
    /// It was still running when its time was over.
    Time,
    /// It stopped itself: a panic, an abort, an uncaught exception.
    Panic,
    /// It called `exit` with this status.
    Exit(i32),
    /// It used more stack than its limit, most often by endless recursion.
    Stack,
    /// It broke a rule of WebAssembly or of the component model.
    Fault,
}

impl TrapKind {
    /// A stable word for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Panic => "panic",
            Self::Exit(_) => "exit",
            Self::Stack => "stack",
            Self::Fault => "fault",
        }
    }
}

/// Tells the kind of a failed call. `memory_refused` is the limiter's word: a guest that is refused memory aborts, which
/// looks like a panic from outside.
#[must_use]
pub fn classify(error: &wasmtime::Error, memory_refused: bool) -> TrapKind {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return TrapKind::Exit(exit.0);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => TrapKind::Time,
        Some(Trap::StackOverflow) => TrapKind::Stack,
        _ if memory_refused => TrapKind::Memory,
        Some(Trap::UnreachableCodeReached) => TrapKind::Panic,
        _ => TrapKind::Fault,
    }
}
