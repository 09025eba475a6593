//! `/api/events`: one WebSocket for everything that happens.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::response::Response;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Query;
use super::error::{ApiError, ApiResult, ErrorBody};
use super::state::AppState;
use crate::queue::{Frame, PreviewHeader, ServerEvent, Subscription};

/// Keeps connections alive through whatever stands between, and finds out about dead ones.
const PING: Duration = Duration::from_secs(20);

/// A client that takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients have nothing to say here.
const MOST_BYTES: usize = 4096;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct From {
    /// Number of the last event seen; by default the stream starts now.
    after: Option<u64>,
}

/// The stream of events as a WebSocket: text frames are JSON, binary frames previews.
///
/// Text frames are numbered without gaps. The first is `hello`, whose number is the one before the next event, or
/// `reset` when what follows `after` is gone: ask for everything again, then. A preview is four bytes with the length
/// of its header, little endian, the header as JSON (`run`, `node`, `media_type`) and the picture.
#[utoipa::path(get, path = "/api/events", tag = "events", params(From), responses(
    (status = 101, description = "The stream begins: events as text frames, previews with their header as binary ones",
        content((ServerEvent<'_> = "application/json"), (PreviewHeader<'_> = "application/octet-stream"))),
    (status = "default", body = ErrorBody),
))]
async fn events(
    State(state): State<AppState>,
    Query(from): Query<From>,
    request: Request,
) -> ApiResult<Response> {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &state)
        .await
        .map_err(|error| ApiError::new(error.status(), "no-websocket", error.body_text()))?;
    // Before the answer: who has it hears of everything that happens from then on.
    let (first, subscription) = state.events.subscribe(from.after);
    Ok(upgrade.max_message_size(MOST_BYTES).on_upgrade(move |socket| async move {
        // Nobody is there any more to hear of the error.
        let _ = serve(socket, first, subscription).await;
    }))
}

/// Sends until either side has enough.
async fn serve(mut socket: WebSocket, first: Frame, mut events: Subscription) -> Result<(), Gone> {
    send(&mut socket, message(first)).await?;
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            frame = events.next() => match frame {
                Some(frame) => send(&mut socket, message(frame)).await?,
                None => return send(&mut socket, Message::Close(None)).await,
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => heard = Instant::now(),
            },
            _ = ping.tick() => {
                if heard.elapsed() > PATIENCE {
                    return Err(Gone);
                }
                send(&mut socket, Message::Ping(Default::default())).await?;
            }
        }
    }
}

/// The client is gone.
struct Gone;

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Gone> {
    match timeout(PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Text(text) => Message::Text(text),
        Frame::Binary(bytes) => Message::Binary(bytes),
    }
}
