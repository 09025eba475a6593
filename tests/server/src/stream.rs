//! The stream of events as a client sees it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tungstenite::handshake::HandshakeError;
use tungstenite::http::Request;
use tungstenite::{Message, WebSocket};

/// A test that waits longer than this for an event will wait for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection to `/api/events`.
pub struct Stream {
    socket: WebSocket<TcpStream>,
}

/// A frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// A text frame.
    Event(Json),
    /// A binary frame.
    Preview {
        /// What stands before the picture.
        header: Json,
        /// The picture.
        picture: Vec<u8>,
    },
}

impl Stream {
    /// Connects to the server at `HOST:PORT`, to hear what comes behind event `after` or from now on.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn open(address: &str, after: Option<u64>) -> Self {
        Self::connect(address, after, &format!("http://{address}"))
            .unwrap_or_else(|status| panic!("the server answered {status} instead of opening the stream"))
    }

    /// Connects like a page of `origin`; the status when the server refuses.
    ///
    /// # Errors
    /// The status of the answer.
    ///
    /// # Panics
    /// When nobody answers.
    pub fn connect(address: &str, after: Option<u64>, origin: &str) -> Result<Self, u16> {
        Self::connect_as(address, address, after, origin)
    }

    /// Connects to the server at `address` under the name `host`; else as [`Stream::connect`].
    ///
    /// # Errors
    /// The status of the answer.
    ///
    /// # Panics
    /// When nobody answers.
    pub fn connect_as(address: &str, host: &str, after: Option<u64>, origin: &str) -> Result<Self, u16> {
        let after = after.map_or_else(String::new, |after| format!("?after={after}"));
        let request = Request::get(format!("ws://{address}/api/events{after}"))
            .header("Host", host)
            .header("Origin", origin)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", tungstenite::handshake::client::generate_key())
            .body(())
            .expect("the request is well-formed");
        let tcp = TcpStream::connect(address).expect("the server listens");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
        match tungstenite::client(request, tcp) {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(HandshakeError::Failure(tungstenite::Error::Http(answer))) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next frame.
    ///
    /// # Panics
    /// When the stream ends, or nothing comes for a long time.
    pub fn frame(&mut self) -> Frame {
        let begin = Instant::now();
        loop {
            // Pings keep the connection alive although nothing happens.
            assert!(begin.elapsed() < PATIENCE, "nothing happened for {PATIENCE:?}");
            match self.socket.read().expect("the stream goes on") {
                Message::Text(text) => {
                    return Frame::Event(serde_json::from_str(&text).expect("text frames are JSON"));
                }
                Message::Binary(bytes) => return preview(&bytes),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("expected an event or a preview, found {other:?}"),
            }
        }
    }

    /// The next event; previews are passed over.
    pub fn event(&mut self) -> Json {
        loop {
            if let Frame::Event(event) = self.frame() {
                return event;
            }
        }
    }

    /// The events up to the first one that `is_it`, and that one.
    pub fn until(&mut self, is_it: impl Fn(&Json) -> bool) -> Vec<Json> {
        let mut events = Vec::new();
        loop {
            let event = self.event();
            let found = is_it(&event);
            events.push(event);
            if found {
                return events;
            }
        }
    }

    /// The events up to the one that says that a run is over, and the run's summary.
    pub fn until_over(&mut self, run: &str) -> (Vec<Json>, Json) {
        let events = self.until(|event| {
            event["type"] == "run"
                && event["run"]["id"] == run
                && !matches!(event["run"]["status"].as_str(), Some("queued" | "running"))
        });
        let summary = events.last().map_or(Json::Null, |event| event["run"].clone());
        (events, summary)
    }
}

fn preview(bytes: &[u8]) -> Frame {
    let (length, rest) = bytes.split_first_chunk::<4>().expect("a preview begins with a length");
    let length = u32::from_le_bytes(*length) as usize;
    assert!(length <= rest.len(), "the header is longer than the frame");
    let (header, picture) = rest.split_at(length);
    let header = serde_json::from_slice(header).expect("the header is JSON");
    Frame::Preview { header, picture: picture.to_vec() }
}
