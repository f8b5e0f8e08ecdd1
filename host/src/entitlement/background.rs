//! Where questions are asked: beside the invocations.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A thread for questions, made when the first one is asked.
///
/// Invocations have the process's main thread, and a guest that computes keeps it busy: a question beside it would be
/// answered late, or be lost when Lambda freezes the process. A free product has no question, and no thread.
#[derive(Debug, Default)]
pub(super) struct Background {
    thread: OnceLock<Option<Thread>>,
}

#[derive(Debug)]
struct Thread {
    tasks: Handle,
    /// Ends the thread when it is dropped.
    _alive: oneshot::Sender<()>,
}

impl Background {
    /// Runs a task on the thread, or among the caller's tasks if there can be no thread.
    pub(super) fn spawn<F>(&self, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self.thread.get_or_init(start) {
            Some(thread) => thread.tasks.spawn(task),
            None => tokio::spawn(task),
        }
    }
}

fn start() -> Option<Thread> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let tasks = runtime.handle().clone();
    let (alive, ended) = oneshot::channel::<()>();
    std::thread::Builder::new()
        .name("entitlement".to_owned())
        .spawn(move || {
            // An error means that the sender is gone: nobody can ask any more.
            let _ = runtime.block_on(ended);
        })
        .ok()?;
    Some(Thread {
        tasks,
        _alive: alive,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Long enough for anything that happens at all.
    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn tasks_go_on_while_the_caller_computes() {
        let background = Background::default();
        let (sender, answers) = mpsc::channel();
        let caller = Builder::new_current_thread().build().unwrap();
        caller.block_on(async {
            background.spawn(async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                sender.send("asked").unwrap();
            });
            // Waits without giving the thread back, as a guest that computes does.
            assert_eq!(answers.recv_timeout(LIMIT), Ok("asked"));
        });
    }

    #[test]
    fn the_thread_ends_with_its_owner() {
        let background = Background::default();
        let (sender, answers) = mpsc::channel::<()>();
        let task = background.spawn(async move {
            let _held = sender;
            pending::<()>().await;
        });
        drop(background);
        let end = answers.recv_timeout(LIMIT);
        assert_eq!(end, Err(mpsc::RecvTimeoutError::Disconnected));
        drop(task);
    }
}
