//! A thread that owns one connection and runs closures on it, one after the other.
//!
//! Knows nothing of tables.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::mpsc,
    thread,
};

use futures::channel::oneshot;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{damage, error::StoreError};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Ends, and closes its connection, when it is dropped; what is in the queue is done before.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
    path: PathBuf,
}

impl Worker {
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(name: &str, path: PathBuf, mut connection: Connection) -> std::io::Result<Self> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            for job in jobs {
                job(&mut connection);
            }
        })?;
        Ok(Self { jobs: Some(sender), thread: Some(thread), path })
    }

    /// Runs `f` in a transaction of its own. Once this was called it will run, whether or not the future is polled to its end.
    pub(super) fn run<T, F>(
        &self,
        behavior: TransactionBehavior,
        f: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let path = self.path.clone();
        let job = Box::new(move |connection: &mut Connection| {
            // A closure that panics must not take the thread with it: its transaction is rolled back as it is dropped.
            let result = catch_unwind(AssertUnwindSafe(|| transact(connection, behavior, f)))
                .unwrap_or(Err(StoreError::Stopped));
            if result.as_ref().is_err_and(StoreError::is_damage) {
                damage::suspect(&path);
            }
            let _ = reply.send(result);
        });
        // A send that fails drops the job, and with it `reply`: the answer is then `Stopped`.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
        async move { answer.await.unwrap_or(Err(StoreError::Stopped)) }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        let Some(thread) = self.thread.take() else { return };
        // The last handle may be inside a closure that this very thread has just run.
        if thread.thread().id() != thread::current().id() && thread.join().is_err() {
            log::error!("a database thread panicked");
        }
    }
}

fn transact<T>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    f: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.transaction_with_behavior(behavior)?;
    let value = f(&transaction)?;
    transaction.commit()?;
    Ok(value)
}
