//! The reader threads: they run jobs on snapshots and hand unfinished ones back.
//!
//! The world assigns a job only to a thread that is idle, so that no waiting job holds a snapshot; a write therefore waits
//! for running jobs alone, and those notice it at their next query. One thread is kept for the world's own jobs
//! (diagnostics, plans), so that slow questions of a client never delay them; it does them in the order of their turns. The others look for
//! modules, too, before anything else, since questions and runs wait for that. Of a client's threads all but one answer long questions:
//! with as many threads as processors, those who read messages would wait for a processor, and with them edits and cancels, and short
//! questions would wait for long ones.

use super::Event;
use super::job::{Job, Ran, Snapshot};
use super::own::Task;
use super::search::Search;
use crate::db::STACK;
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

/// When a job of the world is done: the least first, of those that are equal the one that came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Before all others: somebody edits the document, or a run waits for the answer.
    First,
    /// In the order of tasks.
    Of(Task),
}

/// What a thread is given.
enum Assignment {
    Job(Box<dyn Job>, Snapshot),
    /// Needs no snapshot, so no write waits for it.
    Search(Search),
}

/// A thread of the pool.
struct Reader {
    lane: Lane,
    sender: mpsc::Sender<Assignment>,
    busy: bool,
    /// It looks for modules.
    searches: bool,
    /// The turn of its job, if that is one of the world's.
    turn: Option<Turn>,
    /// Its job is a pressing one.
    pressed: bool,
    /// Its job is a long question of a client.
    long: bool,
}

/// Threads and the jobs that wait for them. The default has no threads.
#[derive(Default)]
pub(super) struct Pool {
    readers: Vec<Reader>,
    /// The world's jobs, in the order in which they are done.
    own: VecDeque<(Turn, Box<dyn Job>)>,
    client: VecDeque<Box<dyn Job>>,
    searches: VecDeque<Search>,
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
            searches: VecDeque::new(),
            most_long: clients.saturating_sub(1).max(1),
        })
    }

    /// Lets a job wait for a thread of its lane.
    pub fn push(&mut self, lane: Lane, job: Box<dyn Job>) {
        match lane {
            Lane::Client => self.client.push_back(job),
            Lane::Own => {
                let turn = job.task().map_or(Turn::First, Turn::Of);
                let at = self.own.partition_point(|&(other, _)| other <= turn);
                self.own.insert(at, (turn, job));
            }
        }
    }

    /// Lets a job of the world go before all others.
    pub fn push_first(&mut self, job: Box<dyn Job>) {
        self.own.push_front((Turn::First, job));
    }

    /// Lets a job that was ended go before those that came after it.
    pub fn push_again(&mut self, turn: Option<Turn>, job: Box<dyn Job>) {
        match turn {
            None => self.client.push_front(job),
            Some(turn) => {
                let at = self.own.partition_point(|&(other, _)| other < turn);
                self.own.insert(at, (turn, job));
            }
        }
    }

    /// Lets a search wait for a thread.
    pub fn search(&mut self, search: Search) {
        self.searches.push_back(search);
    }

    fn position(&self, uri: &str, task: Task) -> Option<usize> {
        self.own.iter().position(|(_, job)| job.task() == Some(task) && job.uri() == uri)
    }

    /// Whether such a job of the world already waits.
    pub fn waits(&self, uri: &str, task: Task) -> bool {
        self.position(uri, task).is_some()
    }

    /// Takes such a job out of the queue, if one waits.
    pub fn take(&mut self, uri: &str, task: Task) -> Option<Box<dyn Job>> {
        let at = self.position(uri, task)?;
        self.own.remove(at).map(|(_, job)| job)
    }

    /// Whether no job of the world and no search waits or runs.
    pub fn own_is_idle(&self) -> bool {
        let works = |reader: &Reader| reader.busy && (reader.lane == Lane::Own || reader.searches);
        self.own.is_empty() && self.searches.is_empty() && !self.readers.iter().any(works)
    }

    /// Whether a question waits or runs that was overtaken too often.
    pub fn is_pressed(&self) -> bool {
        self.client.iter().any(|job| job.is_pressing())
            || self.readers.iter().any(|reader| reader.busy && reader.pressed)
    }

    /// Gives waiting jobs to idle threads. `snapshot` makes what a job reads; it refuses a job by giving `None`.
    pub fn dispatch(&mut self, mut snapshot: impl FnMut(&mut dyn Job) -> Option<Snapshot>) {
        self.dispatch_searches();
        let mut long = self.readers.iter().filter(|reader| reader.busy && reader.long).count();
        for reader in self.readers.iter_mut().filter(|reader| !reader.busy) {
            loop {
                let next = match reader.lane {
                    Lane::Own => self.own.pop_front().map(|(turn, job)| (Some(turn), job)),
                    Lane::Client if long < self.most_long => self.client.pop_front().map(|job| (None, job)),
                    Lane::Client => {
                        let short = self.client.iter().position(|job| !job.is_long());
                        short.and_then(|at| self.client.remove(at)).map(|job| (None, job))
                    }
                };
                let Some((turn, mut job)) = next else { break };
                let Some(snapshot) = snapshot(job.as_mut()) else {
                    continue;
                };
                reader.turn = turn;
                (reader.pressed, reader.long) = (job.is_pressing(), turn.is_none() && job.is_long());
                let is_long = reader.long;
                if let Err(mpsc::SendError(assignment)) = reader.sender.send(Assignment::Job(job, snapshot)) {
                    if let Assignment::Job(mut job, _) = assignment {
                        job.refuse(super::job::Refused::Ended);
                    }
                    continue;
                }
                reader.busy = true;
                long += usize::from(is_long);
                break;
            }
        }
    }

    /// One thread at a time looks for modules: a disk that does not answer keeps no other from answering.
    fn dispatch_searches(&mut self) {
        let is_searching = self.readers.iter().any(|reader| reader.busy && reader.searches);
        let mut idle = self.readers.iter_mut().filter(|reader| !reader.busy && reader.lane == Lane::Client);
        if !is_searching
            && let Some(reader) = idle.next()
            && let Some(search) = self.searches.pop_front()
        {
            (reader.pressed, reader.long, reader.turn) = (false, false, None);
            let is_sent = reader.sender.send(Assignment::Search(search)).is_ok();
            (reader.busy, reader.searches) = (is_sent, is_sent);
        }
    }

    /// Notes that a thread is idle again; tells the turn of the job it had, if that was one of the world's.
    pub fn released(&mut self, number: usize) -> Option<Turn> {
        let reader = &mut self.readers[number];
        (reader.busy, reader.searches) = (false, false);
        reader.turn
    }
}

fn start_reader(number: usize, lane: Lane, events: mpsc::Sender<Event>) -> std::io::Result<Reader> {
    let (sender, assignments) = mpsc::channel::<Assignment>();
    std::thread::Builder::new().name(format!("reader {number}")).stack_size(STACK).spawn(move || {
        for assignment in assignments {
            let unfinished = match assignment {
                Assignment::Job(mut job, snapshot) => match job.run(&snapshot) {
                    Ran::Answered => None,
                    Ran::Overtaken => Some(job),
                },
                Assignment::Search(search) => {
                    // The world may have ended; then nobody needs the result.
                    let _ = events.send(Event::Found(Box::new(search.run())));
                    None
                }
            };
            if events.send(Event::Released { reader: number, unfinished: Unfinished(unfinished) }).is_err() {
                return;
            }
        }
    })?;
    Ok(Reader { lane, sender, busy: false, searches: false, turn: None, pressed: false, long: false })
}

/// A job that a thread hands back.
pub(super) struct Unfinished(pub Option<Box<dyn Job>>);

impl std::fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Unfinished" } else { "Finished" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(&'static str, Option<Task>);

    impl Job for Named {
        fn uri(&self) -> &str {
            self.0
        }
        fn task(&self) -> Option<Task> {
            self.1
        }
        fn run(&mut self, _: &Snapshot) -> Ran {
            Ran::Answered
        }
        fn may_retry(&mut self) -> bool {
            true
        }
        fn refuse(&mut self, _: super::super::job::Refused) {}
    }

    #[test]
    fn the_worlds_jobs_are_done_in_the_order_of_their_turns() {
        let (events, _inbox) = mpsc::channel();
        let mut pool = Pool::new(1, &events).expect("threads");
        for name in ["a", "b"] {
            for task in [Task::Show, Task::Diagnose, Task::Plan] {
                pool.push(Lane::Own, Box::new(Named(name, Some(task))));
            }
        }
        pool.push(Lane::Own, Box::new(Named("run", None)));
        pool.push_again(Some(Turn::Of(Task::Show)), Box::new(Named("ended", Some(Task::Show))));
        let edited = pool.take("b", Task::Diagnose).expect("it waits");
        pool.push_first(edited);
        let order = std::iter::from_fn(|| pool.own.pop_front()).map(|(_, job)| (job.uri().to_owned(), job.task()));
        let order: Vec<_> = order.collect();
        let order: Vec<_> = order.iter().map(|(uri, task)| (uri.as_str(), *task)).collect();
        let (plan, diagnose, show) = (Some(Task::Plan), Some(Task::Diagnose), Some(Task::Show));
        let first = [("b", diagnose), ("run", None)];
        let others = [("a", plan), ("b", plan), ("a", diagnose), ("ended", show), ("a", show), ("b", show)];
        assert_eq!(order, [&first[..], &others].concat());
    }
}
