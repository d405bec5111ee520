//! The reader threads: they run jobs on snapshots and hand unfinished ones back.
//!
//! The world assigns a job only to a thread that is idle, so that no waiting job holds a snapshot; a write therefore waits
//! for running jobs alone, and those notice it at their next query. One thread is kept for the world's own jobs
//! (diagnostics, plans), so that slow questions of a client never delay them. Of a client's threads all but one answer long questions:
//! with as many threads as processors, those who read messages would wait for a processor, and with them edits and cancels, and short
//! questions would wait for long ones.

use super::job::{Job, Ran, Snapshot};
use super::own::Task;
use super::{Event, STACK};
use std::collections::VecDeque;
use std::sync::mpsc;

/// Which threads run a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// The world's own work.
    Own,
    /// A client's question.
    Client,
}

type Assignment = (Box<dyn Job>, Snapshot);

/// A thread of the pool.
struct Reader {
    lane: Lane,
    sender: mpsc::Sender<Assignment>,
    busy: bool,
    /// Its job is a pressing one.
    pressed: bool,
    /// Its job is a long question of a client.
    long: bool,
}

/// Threads and the jobs that wait for them.
pub(super) struct Pool {
    readers: Vec<Reader>,
    own: VecDeque<Box<dyn Job>>,
    client: VecDeque<Box<dyn Job>>,
    /// So many threads may answer long questions at once.
    most_long: usize,
}

impl Pool {
    /// Starts one thread for the world's jobs and `clients` threads for questions.
    pub fn new(clients: usize, events: &mpsc::Sender<Event>) -> std::io::Result<Pool> {
        let lanes = std::iter::once(Lane::Own).chain(std::iter::repeat_n(Lane::Client, clients));
        let readers = lanes.enumerate().map(|(number, lane)| start_reader(number, lane, events.clone()));
        Ok(Pool {
            readers: readers.collect::<Result<_, _>>()?,
            own: VecDeque::new(),
            client: VecDeque::new(),
            most_long: clients.saturating_sub(1).max(1),
        })
    }

    fn queue(&mut self, lane: Lane) -> &mut VecDeque<Box<dyn Job>> {
        match lane {
            Lane::Own => &mut self.own,
            Lane::Client => &mut self.client,
        }
    }

    /// Lets a job wait for a thread of its lane.
    pub fn push(&mut self, lane: Lane, job: Box<dyn Job>) {
        self.queue(lane).push_back(job);
    }

    /// Whether such a job of the world already waits.
    pub fn waits(&self, uri: &str, task: Task) -> bool {
        self.own.iter().any(|job| job.task() == Some(task) && job.uri() == uri)
    }

    /// Takes such a job out of the queue, if one waits.
    pub fn take(&mut self, uri: &str, task: Task) -> Option<Box<dyn Job>> {
        let at = self.own.iter().position(|job| job.task() == Some(task) && job.uri() == uri)?;
        self.own.remove(at)
    }

    /// Whether no job of the world waits or runs.
    pub fn own_is_idle(&self) -> bool {
        self.own.is_empty() && !self.readers.iter().any(|reader| reader.lane == Lane::Own && reader.busy)
    }

    /// Whether a question waits or runs that was overtaken too often.
    pub fn is_pressed(&self) -> bool {
        self.client.iter().any(|job| job.is_pressing())
            || self.readers.iter().any(|reader| reader.busy && reader.pressed)
    }

    /// Lets a job go first.
    pub fn push_front(&mut self, lane: Lane, job: Box<dyn Job>) {
        self.queue(lane).push_front(job);
    }

    /// Gives waiting jobs to idle threads. `snapshot` makes what a job reads; it refuses a job by giving `None`.
    pub fn dispatch(&mut self, mut snapshot: impl FnMut(&mut dyn Job) -> Option<Snapshot>) {
        let mut long = self.readers.iter().filter(|reader| reader.busy && reader.long).count();
        for reader in self.readers.iter_mut().filter(|reader| !reader.busy) {
            let is_client = reader.lane == Lane::Client;
            loop {
                let next = match reader.lane {
                    Lane::Own => self.own.pop_front(),
                    Lane::Client if long < self.most_long => self.client.pop_front(),
                    Lane::Client => {
                        let short = self.client.iter().position(|job| !job.is_long());
                        short.and_then(|at| self.client.remove(at))
                    }
                };
                let Some(mut job) = next else { break };
                let Some(snapshot) = snapshot(job.as_mut()) else {
                    continue;
                };
                (reader.pressed, reader.long) = (job.is_pressing(), is_client && job.is_long());
                let is_long = reader.long;
                if let Err(mpsc::SendError((mut job, _))) = reader.sender.send((job, snapshot)) {
                    job.refuse(super::job::Refused::Ended);
                    continue;
                }
                reader.busy = true;
                long += usize::from(is_long);
                break;
            }
        }
    }

    /// Notes that a thread is idle again; tells its lane.
    pub fn released(&mut self, number: usize) -> Lane {
        self.readers[number].busy = false;
        self.readers[number].lane
    }
}

fn start_reader(number: usize, lane: Lane, events: mpsc::Sender<Event>) -> std::io::Result<Reader> {
    let (sender, assignments) = mpsc::channel::<Assignment>();
    std::thread::Builder::new().name(format!("reader {number}")).stack_size(STACK).spawn(move || {
        for (mut job, snapshot) in assignments {
            let ran = job.run(&snapshot);
            drop(snapshot);
            let unfinished = match ran {
                Ran::Answered => None,
                Ran::Overtaken => Some(job),
            };
            if events.send(Event::Released { reader: number, unfinished: Unfinished(unfinished) }).is_err() {
                return;
            }
        }
    })?;
    Ok(Reader { lane, sender, busy: false, pressed: false, long: false })
}

/// A job that a thread hands back.
pub(super) struct Unfinished(pub Option<Box<dyn Job>>);

impl std::fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Unfinished" } else { "Finished" })
    }
}
