/** The page's one connection to the server's events; every store that follows them listens here. */
import type { PreviewHeader, ServerEvent } from "./contract";
import { connectEvents, type ConnectionState, type EventConnection } from "./events";

export interface Listener {
  readonly onEvent?: (event: ServerEvent) => void;
  readonly onPreview?: (header: PreviewHeader, picture: Blob) => void;
  /** Also called at once with the state there is. */
  readonly onState?: (state: ConnectionState) => void;
}

const listeners = new Set<Listener>();
let connection: EventConnection | undefined;
let state: ConnectionState = "closed";

export const live = {
  /** Connects, once; `after` is the sequence number of the newest event that is known. */
  start(after?: number): void {
    connection ??= connectEvents({
      ...(after === undefined ? {} : { after }),
      onEvent: (event) => tell((listener) => listener.onEvent?.(event)),
      onPreview: (header, picture) => tell((listener) => listener.onPreview?.(header, picture)),
      onState: (now) => {
        state = now;
        tell((listener) => listener.onState?.(now));
      },
    });
  },

  /** Disconnects; listeners stay. */
  stop(): void {
    connection?.close();
    connection = undefined;
  },

  state(): ConnectionState {
    return state;
  },

  /** Hears events until the result is called. */
  listen(listener: Listener): () => void {
    listeners.add(listener);
    listener.onState?.(state);
    return () => listeners.delete(listener);
  },
};

function tell(say: (listener: Listener) => void): void {
  for (const listener of [...listeners]) say(listener);
}
