import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { debounced, debouncedByKey, paced } from "./schedule";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("debounced work comes once after the last reason, at once when told, and not when cancelled", () => {
  const work = vi.fn();
  const scheduled = debounced(work, 100);
  scheduled.now();
  scheduled.soon();
  vi.advanceTimersByTime(99);
  scheduled.soon();
  vi.advanceTimersByTime(99);
  expect(work).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledTimes(1);
  scheduled.soon();
  scheduled.now();
  scheduled.now();
  expect(work).toHaveBeenCalledTimes(2);
  scheduled.soon();
  scheduled.cancel();
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(2);
});

test("keys wait for themselves", () => {
  const work = vi.fn();
  const scheduled = debouncedByKey(work, 100);
  scheduled.soon("a");
  vi.advanceTimersByTime(60);
  scheduled.soon("b");
  scheduled.soon("c");
  scheduled.cancel("c");
  vi.advanceTimersByTime(40);
  expect(work.mock.calls).toEqual([["a"]]);
  scheduled.now();
  expect(work.mock.calls).toEqual([["a"], ["b"]]);
});

describe("paced work", () => {
  test("begins at once, and once more for all reasons that came meanwhile", async () => {
    const ends: (() => void)[] = [];
    const writer = paced(() => new Promise<void>((resolve) => ends.push(resolve)));
    for (let reason = 0; reason < 5; reason++) writer.now();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(2);
    const settled = writer.settled();
    ends[1]?.();
    await settled;
    expect(ends).toHaveLength(2);
    await writer.settled();
    writer.now();
    expect(ends).toHaveLength(3);
  });
});
