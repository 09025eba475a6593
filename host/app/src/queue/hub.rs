//! Tells every client what happens: numbered events that can be asked for again, and previews that cannot.
//!
//! The hub keeps the newest events; each [`Subscription`] reads them at its own pace with nothing but a number to
//! remember. So a slow client costs nobody anything: what it missed for too long is gone, and it is told to start
//! over. [`EventHub::publish`] never waits for a client.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use utoipa::ToSchema;

use super::shapes::{Level, NodeRun, RunSummary};
use crate::store::database::Database;
use crate::store::graphs::GraphInfo;

/// How many events can be asked for again.
const KEPT_EVENTS: usize = 10_000;

/// And how many bytes: long texts among outputs must not fill the memory.
const KEPT_BYTES: usize = 16 << 20;

/// Numbers are reserved on disk in blocks, so that none is given twice even when the program is killed.
const BLOCK: u64 = 1000;

/// A client that is behind by more previews than this misses some.
const WAITING_PREVIEWS: usize = 16;

/// How many events a subscription takes at a time.
const BATCH: usize = 256;

/// An event with its number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerEvent<'a> {
    /// Rises by one for all clients together, and never falls.
    sequence: u64,
    #[serde(flatten)]
    event: &'a Event<'a>,
}

/// Something that clients hear of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Event<'a> {
    /// The stream begins; the next event has the number behind this one.
    Hello,
    /// Events were missed: ask for everything again. The next event has the number behind this one.
    Reset,
    /// Status, place, progress or outputs of a run changed.
    Run { run: &'a RunSummary },
    /// A run is gone from queue and history.
    RunRemoved { run: &'a str },
    /// A node of a run has another state or got further.
    Node { run: &'a str, node: &'a str, state: &'a NodeRun },
    /// A node says something; the fields are those of a line of the run's log.
    Log { run: &'a str, number: u32, at_ms: u64, node: &'a str, level: Level, message: &'a str },
    /// The queue was paused or goes on.
    Queue { paused: bool },
    /// A graph or its draft was saved.
    Graph { graph: &'a GraphInfo },
    /// A graph was deleted.
    GraphRemoved { graph: &'a str },
    /// Plugins were installed, changed or removed: ask for the nodes again.
    PluginsChanged,
}

/// What a client is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frame {
    /// JSON: an event, `hello` or `reset`.
    Text(Utf8Bytes),
    /// A preview.
    Binary(Bytes),
}

/// The hub. Cloning shares it.
#[derive(Clone)]
pub(crate) struct EventHub(Arc<Shared>);

struct Shared {
    log: Mutex<Log>,
    /// Wakes subscriptions; true once the hub is closed.
    closed: watch::Sender<bool>,
    previews: broadcast::Sender<Bytes>,
    database: Database,
}

/// The newest events, numbered without gaps.
struct Log {
    events: VecDeque<Utf8Bytes>,
    bytes: usize,
    newest: u64,
    /// Numbers up to this one are reserved on disk.
    reserved: u64,
}

impl EventHub {
    /// Goes on with the numbers of the last time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn open(database: &Database) -> Result<Self> {
        let newest = database.with(|connection| {
            let sql = "SELECT value FROM counters WHERE name = 'event'";
            Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        })?;
        let newest = u64::try_from(newest).unwrap_or_default();
        Ok(Self(Arc::new(Shared {
            log: Mutex::new(Log { events: VecDeque::new(), bytes: 0, newest, reserved: newest }),
            closed: watch::Sender::new(false),
            previews: broadcast::Sender::new(WAITING_PREVIEWS),
            database: database.clone(),
        })))
    }

    /// Numbers an event and tells it to everybody.
    ///
    /// Blocks for a write to disk once in a thousand events; must not be called while working with the database.
    pub(crate) fn publish(&self, event: &Event<'_>) {
        let mut log = self.lock();
        let sequence = log.newest + 1;
        if sequence > log.reserved {
            log.reserved = log.newest + BLOCK;
            self.save(log.reserved);
        }
        log.append(text(sequence, event));
        drop(log);
        self.0.closed.send_modify(|_| {});
    }

    /// Tells a preview to those who listen now.
    pub(crate) fn publish_preview(&self, frame: Bytes) {
        // Nobody listens: nobody misses it.
        let _ = self.0.previews.send(frame);
    }

    /// Whether anybody would see a preview.
    pub(crate) fn has_listeners(&self) -> bool {
        self.0.previews.receiver_count() > 0
    }

    /// Number of the newest event.
    pub(crate) fn sequence(&self) -> u64 {
        self.lock().newest
    }

    /// Listens to what comes behind event `after`, or from now on; with the frame to begin with: `hello`, whose number
    /// is the one before the next event, or `reset` when what follows `after` is gone.
    pub(crate) fn subscribe(&self, after: Option<u64>) -> (Frame, Subscription) {
        let wake = self.0.closed.subscribe();
        let previews = self.0.previews.subscribe();
        let log = self.lock();
        let known = after.is_none_or(|after| log.since(after).is_some());
        let cursor = after.filter(|_| known).unwrap_or(log.newest);
        drop(log);
        let first = if known { mark(&Event::Hello, cursor) } else { mark(&Event::Reset, cursor) };
        (first, Subscription { hub: self.clone(), cursor, backlog: VecDeque::new(), wake, previews })
    }

    /// Ends all subscriptions and saves where the numbers stand.
    pub(crate) fn close(&self) {
        let mut log = self.lock();
        log.reserved = log.newest;
        self.save(log.newest);
        drop(log);
        self.0.closed.send_replace(true);
    }

    fn save(&self, reserved: u64) {
        let saved = self.0.database.with(|connection| {
            let value = i64::try_from(reserved)?;
            Ok(connection.execute("UPDATE counters SET value = ?1 WHERE name = 'event'", [value])?)
        });
        if let Err(error) = saved {
            eprintln!("warning: cannot save the number of the newest event: {error:#}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn append(&mut self, event: Utf8Bytes) {
        self.newest += 1;
        self.bytes += event.len();
        self.events.push_back(event);
        while self.events.len() > KEPT_EVENTS || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    /// Some of the events behind `after`, in order; `None` when the first of them is gone or `after` never was.
    fn since(&self, after: u64) -> Option<VecDeque<Utf8Bytes>> {
        let behind = usize::try_from(self.newest.checked_sub(after)?).ok()?;
        let skipped = self.events.len().checked_sub(behind)?;
        Some(self.events.iter().skip(skipped).take(BATCH).cloned().collect())
    }
}

/// One client's place in the stream.
pub(crate) struct Subscription {
    hub: EventHub,
    /// Number of the last event that was handed out.
    cursor: u64,
    backlog: VecDeque<Utf8Bytes>,
    wake: watch::Receiver<bool>,
    previews: broadcast::Receiver<Bytes>,
}

impl Subscription {
    /// Waits for the next frame; `None` once the hub is closed. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(event) = self.backlog.pop_front() {
                self.cursor += 1;
                return Some(Frame::Text(event));
            }
            match self.refill() {
                Refill::Some => continue,
                Refill::Gone => return Some(mark(&Event::Reset, self.cursor)),
                Refill::None => {}
            }
            if *self.wake.borrow() {
                return None;
            }
            tokio::select! {
                biased;
                woken = self.wake.changed() => woken.ok()?,
                preview = self.previews.recv() => match preview {
                    Ok(preview) => return Some(Frame::Binary(preview)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }

    fn refill(&mut self) -> Refill {
        let log = self.hub.lock();
        match log.since(self.cursor) {
            Some(events) if events.is_empty() => Refill::None,
            Some(events) => {
                self.backlog = events;
                Refill::Some
            }
            None => {
                self.cursor = log.newest;
                Refill::Gone
            }
        }
    }
}

enum Refill {
    Some,
    None,
    Gone,
}

fn mark(event: &Event<'_>, sequence: u64) -> Frame {
    Frame::Text(text(sequence, event))
}

fn text(sequence: u64, event: &Event<'_>) -> Utf8Bytes {
    let numbered = ServerEvent { sequence, event };
    // Strings and numbers always make JSON; were it otherwise, clients would pass over an empty object.
    serde_json::to_string(&numbered).unwrap_or_else(|_| "{}".to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(folder: &tempfile::TempDir) -> EventHub {
        EventHub::open(&Database::open(&folder.path().join("wirebrush.sqlite")).unwrap()).unwrap()
    }

    fn publish(hub: &EventHub, count: u64) {
        (0..count).for_each(|_| hub.publish(&Event::Queue { paused: true }));
    }

    /// Number and type of a frame.
    fn read(frame: Frame) -> (u64, String) {
        let Frame::Text(text) = frame else { panic!("expected text, found {frame:?}") };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        (json["sequence"].as_u64().unwrap(), json["type"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn who_comes_back_gets_exactly_what_was_missed() {
        let folder = tempfile::tempdir().unwrap();
        let hub = hub(&folder);
        publish(&hub, 700);
        let (first, mut subscription) = hub.subscribe(Some(5));
        assert_eq!(read(first), (5, "hello".to_owned()));
        for expected in 6..=700 {
            assert_eq!(read(subscription.next().await.unwrap()), (expected, "queue".to_owned()));
        }
        publish(&hub, 1);
        assert_eq!(read(subscription.next().await.unwrap()).0, 701);
    }

    #[tokio::test]
    async fn without_a_number_the_stream_starts_now() {
        let folder = tempfile::tempdir().unwrap();
        let hub = hub(&folder);
        publish(&hub, 3);
        let (first, mut subscription) = hub.subscribe(None);
        assert_eq!(read(first), (3, "hello".to_owned()));
        publish(&hub, 1);
        assert_eq!(read(subscription.next().await.unwrap()).0, 4);
    }

    #[tokio::test]
    async fn who_asks_for_what_is_gone_or_never_was_is_told_to_start_over() {
        let folder = tempfile::tempdir().unwrap();
        let hub = hub(&folder);
        let newest = KEPT_EVENTS as u64 + 10;
        publish(&hub, newest);
        assert_eq!(read(hub.subscribe(Some(9)).0), (newest, "reset".to_owned()));
        assert_eq!(read(hub.subscribe(Some(10)).0), (10, "hello".to_owned()));
        assert_eq!(read(hub.subscribe(Some(newest + 1)).0), (newest, "reset".to_owned()));
    }

    #[tokio::test]
    async fn a_client_that_is_too_slow_is_told_to_start_over_and_goes_on_from_there() {
        let folder = tempfile::tempdir().unwrap();
        let hub = hub(&folder);
        let (_, mut subscription) = hub.subscribe(None);
        let newest = KEPT_EVENTS as u64 + 1;
        publish(&hub, newest);
        assert_eq!(read(subscription.next().await.unwrap()), (newest, "reset".to_owned()));
        publish(&hub, 1);
        assert_eq!(read(subscription.next().await.unwrap()).0, newest + 1);
    }

    #[test]
    fn no_number_is_given_twice_even_when_the_program_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        publish(&hub(&folder), 3);
        let killed = hub(&folder);
        assert_eq!(killed.sequence(), BLOCK);
        publish(&killed, 1);
        killed.close();
        assert_eq!(hub(&folder).sequence(), BLOCK + 1);
    }

    #[tokio::test]
    async fn long_events_do_not_fill_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let hub = hub(&folder);
        let message = "x".repeat(1 << 20);
        for _ in 0..40 {
            let (run, node, message) = ("r", "n", &*message);
            hub.publish(&Event::Log { run, number: 0, at_ms: 0, node, level: Level::Info, message });
        }
        assert!(hub.lock().bytes <= KEPT_BYTES);
        assert_eq!(read(hub.subscribe(Some(0)).0).1, "reset");
    }

    #[tokio::test]
    async fn previews_reach_those_who_listen_and_closing_ends_the_stream() {
        let folder = tempfile::tempdir().unwrap();
        let hub = hub(&folder);
        assert!(!hub.has_listeners());
        let (_, mut subscription) = hub.subscribe(None);
        hub.publish_preview(Bytes::from_static(b"picture"));
        assert_eq!(subscription.next().await, Some(Frame::Binary(Bytes::from_static(b"picture"))));
        publish(&hub, 1);
        hub.close();
        assert_eq!(read(subscription.next().await.unwrap()).0, 1);
        assert_eq!(subscription.next().await, None);
    }
}
