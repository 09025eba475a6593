/** Whether the node runs. */
import { edit } from "../../canvas/active";
import type { GraphNode, NodeState } from "../../graph/document";
import { setState } from "../../graph/nodes";

const STATES: readonly { state: NodeState; text: string }[] = [
  { state: "normal", text: "Runs" },
  { state: "muted", text: "Muted: neither it nor what needs it runs" },
  { state: "bypassed", text: "Bypassed: its input passes through" },
];

export function NodeStateSelect({ name, node, canBypass }: { name: string; node: GraphNode; canBypass: boolean }) {
  const current = node.state ?? "normal";
  return (
    <label className="field">
      State
      <select
        className="select"
        value={current}
        onChange={(event) => {
          const state = event.target.value as NodeState;
          edit(`Set ${name} to ${state}`, (graph, scope) => setState(graph, scope, [name], state));
        }}
      >
        {STATES.filter(({ state }) => state !== "bypassed" || canBypass || current === "bypassed").map(
          ({ state, text }) => (
            <option key={state} value={state}>
              {text}
            </option>
          ),
        )}
      </select>
    </label>
  );
}
