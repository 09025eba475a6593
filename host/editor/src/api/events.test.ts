import { describe, expect, test } from "vitest";
import type { PreviewHeader, ServerEvent } from "./contract";
import { connectEvents, type ConnectionState, type EventWorld, readPreview } from "./events";

/** The parts of a WebSocket that a connection uses, moved by hand. */
class FakeSocket {
  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  constructor(readonly url: string) {}

  close(): void {
    this.closed = true;
    this.onclose?.();
  }

  say(event: unknown): void {
    this.onmessage?.({
      data: typeof event === "string" || event instanceof ArrayBuffer ? event : JSON.stringify(event),
    });
  }
}

function setUp(after?: number, random = 1) {
  const sockets: FakeSocket[] = [];
  const delays: number[] = [];
  let wait: (() => void) | undefined;
  const world: EventWorld = {
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    later: (callback, milliseconds) => {
      delays.push(milliseconds);
      wait = callback;
      return () => (wait = undefined);
    },
    random: () => random,
    origin: "http://127.0.0.1:8188/app/",
  };
  const events: ServerEvent[] = [];
  const states: ConnectionState[] = [];
  const previews: { header: PreviewHeader; picture: Blob }[] = [];
  const connection = connectEvents(
    {
      ...(after !== undefined && { after }),
      onEvent: (event) => events.push(event),
      onPreview: (header, picture) => previews.push({ header, picture }),
      onState: (state) => states.push(state),
    },
    world,
  );
  const socket = () => {
    const last = sockets.at(-1);
    if (last === undefined) throw new Error("no socket");
    return last;
  };
  return { connection, events, states, previews, sockets, delays, socket, elapse: () => wait?.() };
}

const queue = (sequence: number) => ({ sequence, type: "queue", paused: true });

describe("the connection", () => {
  test("starts now or behind a known event", () => {
    expect(setUp().socket().url).toBe("ws://127.0.0.1:8188/api/events");
    expect(setUp(41).socket().url).toBe("ws://127.0.0.1:8188/api/events?after=41");
  });

  test("continues behind the last event after an interruption and hears nothing twice", () => {
    const { socket, elapse, events, states } = setUp(7);
    socket().onopen?.();
    socket().say({ sequence: 7, type: "hello" });
    socket().say(queue(8));
    socket().say(queue(9));
    socket().onclose?.();
    elapse();
    expect(socket().url).toContain("after=9");
    socket().say(queue(9));
    socket().say(queue(10));
    expect(events.map((event) => `${event.type} ${event.sequence}`)).toEqual([
      "hello 7",
      "queue 8",
      "queue 9",
      "queue 10",
    ]);
    expect(states).toEqual(["connecting", "open", "waiting", "connecting"]);
  });

  test("goes on from a reset, even to smaller numbers", () => {
    const { socket, events, connection } = setUp(100);
    socket().say({ sequence: 3, type: "reset" });
    socket().say(queue(4));
    expect(events.map((event) => event.sequence)).toEqual([3, 4]);
    expect(connection.sequence()).toBe(4);
  });

  test("waits longer after each failure up to a limit, and shortly again once something arrived", () => {
    const { socket, elapse, delays } = setUp();
    for (let failure = 0; failure < 9; failure++) {
      socket().onclose?.();
      elapse();
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    socket().say({ sequence: 1, type: "hello" });
    socket().onclose?.();
    expect(delays.at(-1)).toBe(250);
  });

  test("waits a random part of the time", () => {
    const { socket, delays } = setUp(undefined, 0);
    socket().onclose?.();
    expect(delays).toEqual([125]);
  });

  test("stays closed when it was closed, also while waiting", () => {
    const first = setUp();
    first.connection.close();
    first.elapse();
    expect(first.sockets).toHaveLength(1);
    expect(first.states.at(-1)).toBe("closed");
    const second = setUp();
    second.socket().onclose?.();
    second.connection.close();
    second.elapse();
    expect(second.sockets).toHaveLength(1);
  });

  test.each(["", "{", "null", "[]", '{"type":"queue"}', '{"sequence":1}'])(
    "ignores the malformed frame %j",
    (frame) => {
      const { socket, events, connection } = setUp(0);
      socket().say(frame);
      expect(events).toEqual([]);
      expect(connection.sequence()).toBe(0);
    },
  );
});

describe("previews", () => {
  function frame(header: string, picture: number[], length = new TextEncoder().encode(header).length): ArrayBuffer {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(4 + text.length + picture.length);
    new DataView(bytes.buffer).setUint32(0, length, true);
    bytes.set(text, 4);
    bytes.set(picture, 4 + text.length);
    return bytes.buffer;
  }

  test("come as a header and a picture and have no number", async () => {
    const { socket, previews, connection } = setUp(5);
    const header = { run: "r", node: "sämple", media_type: "image/jpeg" };
    socket().say(frame(JSON.stringify(header), [1, 2, 3]));
    expect(socket().binaryType).toBe("arraybuffer");
    expect(previews[0]?.header).toEqual(header);
    expect(previews[0]?.picture.type).toBe("image/jpeg");
    expect([...new Uint8Array((await previews[0]?.picture.arrayBuffer()) ?? new ArrayBuffer())]).toEqual([1, 2, 3]);
    expect(connection.sequence()).toBe(5);
  });

  test("that are cut off or no JSON are left out", () => {
    expect(readPreview(new ArrayBuffer(3))).toBeUndefined();
    expect(readPreview(frame("{}", [], 99))).toBeUndefined();
    expect(readPreview(frame("{", [1]))).toBeUndefined();
  });
});
