/** Everything about the selected node: what it is, its inputs and outputs, its state and its note. */
import { MousePointerClick } from "lucide-react";

import { useActive } from "../canvas/active";
import { nodeOf } from "../graph/body";
import { Empty } from "./Empty";
import { NodeDetails } from "./node/NodeDetails";
import "./panels.css";

export function NodePanel() {
  const document = useActive();
  const [name] = document?.selection ?? [];
  const node = document && name !== undefined ? nodeOf(document.graph, document.scope, name) : undefined;
  if (!document || !node || name === undefined || document.selection.size !== 1) {
    const many = (document?.selection.size ?? 0) > 1;
    return (
      <div className="panel">
        <Empty
          icon={MousePointerClick}
          title={many ? `${document?.selection.size} nodes are selected` : "No node is selected"}
        >
          Select one node to see what it does, set all of its inputs, and look at its outputs.
        </Empty>
      </div>
    );
  }
  return <NodeDetails key={`${document.key} ${document.scope} ${name}`} name={name} node={node} />;
}
