import { expect, it } from "vitest";

import type { PluginInfo } from "../../api/contract";
import { needsApproval } from "./store";

const tone: PluginInfo = {
  id: "acme.tone",
  title: "Tone",
  description: "",
  publisher: "Acme",
  version: "1.0.0",
  origin: "installed",
  status: "ready",
  native: false,
  permissions: ["scratch"],
  granted: ["scratch"],
  notices: [],
  nodes: [],
  versions: [],
};

const cases: [Partial<PluginInfo>, boolean][] = [
  [{}, false],
  [{ granted: [] }, true],
  [{ granted: [], status: "disabled" }, false],
  [{ native: true }, false],
  [{ native: true, status: "refused" }, true],
  [{ status: "refused" }, false],
];

it.each(cases)("a plugin that is %j waits for approval: %s", (change, waits) => {
  expect(needsApproval({ ...tone, ...change })).toBe(waits);
});
