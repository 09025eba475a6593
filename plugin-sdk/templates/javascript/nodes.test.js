// Runs nodes in Node.js, with a host made of arrays: `npm test`.

import assert from "node:assert/strict";
import test from "node:test";

import { nodes } from "./nodes.js";
import { Cancelled } from "./pixels.js";

/** Stands in for a picture that the host keeps. */
function picture(info, bytes) {
  const row = bytes.length / (info.frames * info.height);
  return {
    bytes,
    info: () => info,
    readRows: (first, count) => bytes.slice(first * row, (first + count) * row),
  };
}

function host({ cancelled = false } = {}) {
  return {
    progress() {},
    isCancelled: () => cancelled,
    ImageWriter: {
      open: (info) => ({ info, rows: [], pushRows(rows) { this.rows.push(...rows); } }),
      finish: (writer) => picture(writer.info, Uint8Array.from(writer.rows)),
    },
  };
}

const darken = nodes.find((node) => node.id.endsWith("/Darken")).run;
const pixel = (sample, channels, bytes) =>
  picture({ frames: 1, height: 1, width: 1, channels, sample }, Uint8Array.from(bytes));

test("takes half of the light and keeps alpha", () => {
  const { image } = darken({ image: pixel("u8", 4, [0, 100, 255, 200]), amount: 0.5 }, host());
  assert.deepEqual([...image.bytes], [0, 50, 128, 200]);
});

test("takes half of the light of deep pictures", () => {
  const { image } = darken({ image: pixel("u16", 1, [0x50, 0xc3]), amount: 0.5 }, host());
  assert.deepEqual([...image.bytes], [0xa8, 0x61]);
});

test("stops when cancelled", () => {
  const inputs = { image: pixel("u8", 1, [0]), amount: 0.5 };
  assert.throws(() => darken(inputs, host({ cancelled: true })), Cancelled);
});
