// Pictures, band by band: a large one never lies in the component's memory as a whole.

// Some rows a call: after each the user sees progress and may cancel.
const BAND_BYTES = 256 << 10;

/** The user wants the run to stop. */
export class Cancelled extends Error {}

/** What came in at input `port` cannot be used; the user sees why at that input. */
export class Invalid extends Error {
  constructor(port, why) {
    super(why);
    this.port = port;
  }
}

/** A picture of the same shape from `f`, which gets the bytes of some whole rows and gives as many others. */
export function mapRows(image, f, host) {
  const info = image.info();
  const writer = host.ImageWriter.open(info);
  const rowBytes = info.width * info.channels * BYTES[info.sample];
  const total = info.frames * info.height;
  const step = Math.max(1, Math.floor(BAND_BYTES / rowBytes));
  for (let first = 0; first < total; first += step) {
    const count = Math.min(step, total - first);
    writer.pushRows(f(new Uint8Array(image.readRows(first, count))));
    host.progress(first + count, total, "");
    if (host.isCancelled()) throw new Cancelled();
  }
  return host.ImageWriter.finish(writer);
}

/**
 * A picture of the same shape in which `f` has changed every color sample, a number from 0 to 1. Integers are looked up
 * in a table that `f` is asked for once; float samples call it one by one.
 */
export function mapColors(image, f, host) {
  return mapRows(image, changer(image.info(), f), host);
}

const BYTES = { u8: 1, u16: 2, f16: 2, f32: 4 };

/** A function that changes the color samples of rows in place and gives the rows back. */
function changer(info, f) {
  switch (info.sample) {
    case "u8": {
      const table = Uint8Array.from({ length: 256 }, (_, value) => rounded(f(value / 255), 255));
      return (rows) => (lookUp(rows, table, info.channels), rows);
    }
    case "u16": {
      const table = Uint16Array.from({ length: 65536 }, (_, value) => rounded(f(value / 65535), 65535));
      return (rows) => (lookUp(new Uint16Array(rows.buffer), table, info.channels), rows);
    }
    case "f32":
      return (rows) => (compute(new Float32Array(rows.buffer), f, info.channels), rows);
    default:
      return (rows) => (compute(new Float16Array(rows.buffer), f, info.channels), rows);
  }
}

function lookUp(samples, table, channels) {
  for (let at = 0; at < samples.length; at++) {
    if (channels < 4 || at % 4 < 3) samples[at] = table[samples[at]];
  }
}

function compute(samples, f, channels) {
  for (let at = 0; at < samples.length; at++) {
    if (channels < 4 || at % 4 < 3) samples[at] = f(samples[at]);
  }
}

function rounded(value, largest) {
  return Math.max(0, Math.min(largest, Math.floor(value * largest + 0.5)));
}
