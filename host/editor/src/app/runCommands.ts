/** Commands that start, stop and look at runs. */
import { useDocuments } from "../documents/store";
import { useRuns } from "../runs/store";
import type { Command } from "./commands";
import { useView } from "./view";

const runs = () => useRuns.getState();

function selectedNode(): string | undefined {
  const { tabs, active } = useDocuments.getState();
  const document = tabs.find((tab) => tab.key === active);
  if (!document || document.scope !== null || document.selection.size !== 1) return undefined;
  return document.selection.values().next().value;
}

const underWay = () =>
  runs().runs.find((run) => run.status === "running") ?? runs().runs.find((run) => run.status === "queued");

export const runCommands: readonly Command[] = [
  { id: "run.all", title: "Run", group: "Run", keys: ["Mod+Enter"], run: () => runs().runAll() },
  {
    id: "run.to-node",
    title: "Run to the selected node",
    group: "Run",
    keys: ["Mod+Shift+Enter"],
    when: () => selectedNode() !== undefined,
    run: async () => {
      const node = selectedNode();
      if (node !== undefined) await runs().runTo(node);
    },
  },
  {
    id: "run.cancel",
    title: "Cancel the run",
    group: "Run",
    keys: ["Mod+."],
    when: () => underWay() !== undefined,
    run: async () => {
      const run = underWay();
      if (run) await runs().cancel(run.id);
    },
  },
  {
    id: "run.pause",
    title: "Pause or resume the queue",
    group: "Run",
    keys: ["Mod+Alt+P"],
    run: async () => {
      if (runs().paused) await runs().resume();
      else await runs().pause();
      useView.getState().notify(runs().paused ? "The queue is paused." : "The queue goes on.");
    },
  },
];
