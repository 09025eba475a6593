import { afterEach, expect, test, vi } from "vitest";
import type { ServerEvent } from "./contract";
import { live } from "./live";

class FakeSocket {
  static opened: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.opened.push(this);
  }

  close(): void {
    this.onclose?.();
  }
}

afterEach(() => {
  live.stop();
  vi.unstubAllGlobals();
});

test("all listeners share one connection and hear its state at once", () => {
  FakeSocket.opened = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { href: "http://127.0.0.1:8188/" });
  const heard: string[] = [];
  const listener = (name: string) => ({
    onEvent: (event: ServerEvent) => heard.push(`${name} ${event.type}`),
    onState: (state: string) => heard.push(`${name} ${state}`),
  });
  const leave = live.listen(listener("a"));
  live.start(5);
  live.start();
  expect(FakeSocket.opened.map((socket) => socket.url)).toEqual(["ws://127.0.0.1:8188/api/events?after=5"]);
  live.listen(listener("b"));
  const [socket] = FakeSocket.opened;
  socket?.onopen?.();
  socket?.onmessage?.({ data: JSON.stringify({ sequence: 6, type: "queue", paused: true }) });
  leave();
  live.stop();
  expect(heard).toEqual([
    "a closed",
    "a connecting",
    "b connecting",
    "a open",
    "b open",
    "a queue",
    "b queue",
    "b closed",
  ]);
  expect(live.state()).toBe("closed");
});
