/** The server's stream of events: one WebSocket that comes back after every interruption and misses nothing. */
import type { PreviewHeader, ServerEvent } from "./contract";
import { parseJson } from "../graph/json";

export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

export interface EventHandlers {
  /** Continue behind this event; without it the stream starts now. */
  readonly after?: number;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onPreview?: (header: PreviewHeader, picture: Blob) => void;
  readonly onState?: (state: ConnectionState) => void;
}

/** What a connection needs of the world; tests give their own. */
export interface EventWorld {
  readonly open: (url: string) => WebSocket;
  /** Calls back after some milliseconds; the result stops it. */
  readonly later: (callback: () => void, milliseconds: number) => () => void;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Address of the page. */
  readonly origin: string;
}

export interface EventConnection {
  /** Sequence number of the newest event seen. */
  readonly sequence: () => number | undefined;
  readonly close: () => void;
}

const FIRST_DELAY_MS = 250;
const MOST_DELAY_MS = 15_000;

/**
 * Connects to `/api/events` and stays connected until it is closed.
 *
 * After an interruption it goes on behind the last event seen, waiting longer after each failure, a random part of it
 * so that many clients do not come back at once. A `reset` event says that events were missed and that everything
 * has to be fetched anew.
 */
export function connectEvents(handlers: EventHandlers, world: EventWorld = browser()): EventConnection {
  let after = handlers.after;
  let failures = 0;
  let closed = false;
  let socket: WebSocket | undefined;
  let stopWaiting = () => {};

  const connect = () => {
    handlers.onState?.("connecting");
    const opened = world.open(eventsUrl(world.origin, after));
    opened.binaryType = "arraybuffer";
    socket = opened;
    opened.onopen = () => handlers.onState?.("open");
    opened.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (socket === opened) receive(data);
    };
    opened.onclose = () => {
      if (socket !== opened || closed) return;
      handlers.onState?.("waiting");
      const longest = Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures++);
      stopWaiting = world.later(connect, longest * (0.5 + world.random() / 2));
    };
  };

  const receive = (data: unknown) => {
    // Only something that arrives proves that the server is well: one that accepts and drops must not be hurried.
    failures = 0;
    if (data instanceof ArrayBuffer) {
      const preview = readPreview(data);
      if (preview !== undefined) handlers.onPreview?.(preview.header, preview.picture);
      return;
    }
    const event = readEvent(data);
    if (event === undefined) return;
    // The server may repeat what it cannot know to have arrived. After a reset numbers may start anew.
    if (event.type !== "reset" && event.type !== "hello" && after !== undefined && event.sequence <= after) return;
    after = event.sequence;
    handlers.onEvent(event);
  };

  connect();
  return {
    sequence: () => after,
    close: () => {
      closed = true;
      stopWaiting();
      socket?.close();
      handlers.onState?.("closed");
    },
  };
}

/** Header and picture of a binary frame; undefined when it is malformed. */
export function readPreview(frame: ArrayBuffer): { header: PreviewHeader; picture: Blob } | undefined {
  if (frame.byteLength < 4) return undefined;
  const length = new DataView(frame).getUint32(0, true);
  if (length > frame.byteLength - 4) return undefined;
  try {
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length))) as PreviewHeader;
    return { header, picture: new Blob([new Uint8Array(frame, 4 + length)], { type: header.media_type }) };
  } catch {
    return undefined;
  }
}

function readEvent(data: unknown): ServerEvent | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const event = parseJson(data) as unknown as Partial<ServerEvent> | null;
    const known = typeof event?.sequence === "number" && typeof event.type === "string";
    return known ? (event as ServerEvent) : undefined;
  } catch {
    return undefined;
  }
}

function eventsUrl(origin: string, after: number | undefined): string {
  const url = new URL("/api/events", origin);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (after !== undefined) url.searchParams.set("after", String(after));
  return url.href;
}

function browser(): EventWorld {
  return {
    open: (url) => new WebSocket(url),
    later: (callback, milliseconds) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    origin: location.href,
  };
}
