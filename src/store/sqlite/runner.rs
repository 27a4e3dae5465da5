//! How work reaches the core: inline in the caller's task, or through the one thread that owns it.
//!
//! The thread commits in groups: whatever waits when it looks goes to disk in one transaction, each piece on its own, and everybody is answered after the one commit. It never sleeps while work waits.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpointer;
use super::core::{Core, Tx};
use super::fault::Fault;
use crate::store::Error;

/// The most pieces of work in one commit: bounds how long the first waits for the last.
const GROUP: usize = 256;

/// Two kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Refused at once when the queue is full or the disk nearly so: HubSpot will send it again. Only the disk can make it fail, and then
    /// its neighbours in the commit fail too, so it goes without a savepoint, which costs a tenth of its time.
    Delivery,
    /// Waits for room, because the holder of a lease has nowhere to go back to, and may fail alone.
    Turn,
}

/// Runs work on the core.
pub(super) enum Runner {
    /// In the caller's task, with no thread: virtual time stays right.
    Inline(Box<Mutex<Core>>),
    /// In a thread of its own.
    Threaded(Writer),
}

/// The thread that owns the core, and the bounded queue in front of it.
pub(super) struct Writer {
    // Taken on drop, which is what ends the thread.
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Runner {
    /// Runs a piece of work in a transaction; returns when it is on disk.
    pub(super) async fn run<T, F>(&self, operation: &'static str, kind: Kind, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let writer = match self {
            Self::Inline(core) => {
                let mut core = core.lock().unwrap_or_else(PoisonError::into_inner);
                core.admit(kind)?;
                return alone(&mut core, operation, work);
            }
            Self::Threaded(writer) => writer,
        };
        let queue = writer.queue.as_ref().ok_or(Error::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Piece { operation, kind, work: Some(work), result: None, reply });
        match kind {
            Kind::Turn => queue.send(job).await.map_err(|_| Error::Stopped)?,
            Kind::Delivery => queue.try_send(job).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Error::Overloaded { waiting: queue.max_capacity() },
                mpsc::error::TrySendError::Closed(_) => Error::Stopped,
            })?,
        }
        answer.await.map_err(|_| Error::Stopped)?
    }
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(core: Core, checkpointer: Option<Checkpointer>, capacity: usize) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(capacity);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(core, checkpointer.as_ref(), waiting))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }
}

impl Drop for Writer {
    /// Everything accepted is written and the file is free when this returns.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was seen by everyone who waited for it.
            let _ = thread.join();
        }
    }
}

fn serve(mut core: Core, checkpointer: Option<&Checkpointer>, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        let lost = together(&mut core, &mut group).err().map(Arc::new);
        if lost.is_none() {
            core.ring();
        }
        for job in group.drain(..) {
            job.answer(lost.as_ref());
        }
        if let Some(checkpointer) = checkpointer {
            checkpointer.ring();
        }
    }
}

/// Why a group did not reach the disk.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("another write of the same commit failed, and all of it was rolled back")]
    Aborted,
}

fn together(core: &mut Core, group: &mut [Box<dyn Job>]) -> Result<(), Lost> {
    core.begin()?;
    for job in group {
        job.run(core);
        if core.doomed() {
            core.rollback();
            return Err(Lost::Aborted);
        }
    }
    Ok(core.commit()?)
}

fn alone<T>(
    core: &mut Core,
    operation: &'static str,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, Fault>,
) -> Result<T, Error> {
    let failed = |error| Fault::Sql(error).into_error(operation);
    core.begin().map_err(failed)?;
    // Alone in its transaction it needs no savepoint.
    match core.work(operation, Kind::Delivery, work) {
        Ok(value) => {
            core.commit().map_err(failed)?;
            core.ring();
            Ok(value)
        }
        Err(error) => {
            core.rollback();
            Err(error)
        }
    }
}

/// A piece of work whose answer waits for the commit.
trait Job: Send {
    fn run(&mut self, core: &mut Core);
    fn answer(self: Box<Self>, lost: Option<&Arc<Lost>>);
}

struct Piece<T, F> {
    operation: &'static str,
    kind: Kind,
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Job for Piece<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, Fault> + Send,
{
    fn run(&mut self, core: &mut Core) {
        // Nobody waits for it any more: a delivery whose connection was cut will come again.
        if self.reply.is_closed() {
            return;
        }
        self.result = self.work.take().map(|work| {
            // Before it writes anything: refused then, it takes nobody with it.
            core.admit(self.kind)?;
            core.work(self.operation, self.kind, work)
        });
    }

    fn answer(self: Box<Self>, lost: Option<&Arc<Lost>>) {
        let answer = match (self.result, lost) {
            (Some(Err(error)), _) => Err(error),
            (_, Some(lost)) => {
                Err(Error::Unavailable { operation: self.operation, source: Box::new(Arc::clone(lost)) })
            }
            (Some(done), None) => done,
            (None, None) => return,
        };
        // Whoever asked may have gone; the work is done all the same.
        let _ = self.reply.send(answer);
    }
}
