/** The nodes and edges of the active document, drawn anew only where something changed. */
import { useMemo, useRef, useState } from "react";
import { useCatalog } from "../documents/catalog";
import type { Document } from "../documents/store";
import { bodyOf } from "../graph/body";
import { framesOf } from "../graph/frames";
import { wiresOf } from "../graph/wires";
import { useRuns } from "../runs/store";
import type { RunsStore } from "../runs/store";
import { Flow } from "./flow";
import type { FlowEdge, FlowNode } from "./flow";
import { faultsOf, NodeViews } from "./nodeView";
import type { Fault, NodeView } from "./nodeView";
import { resultPicture } from "./resultPicture";
import { advancedKey, useCanvas } from "./store";
import type { XY } from "./wirePath";

/** Places of nodes and frames during a drag, by React Flow's ids. */
export type Moved = ReadonlyMap<string, XY>;

const NOTHING_MOVED: Moved = new Map();
const SEPARATOR = "\n";

export function useFlow(document: Document | undefined): {
  nodes: FlowNode[];
  edges: FlowEdge[];
  moved: Moved;
  setMoved: (moved: Moved) => void;
} {
  const catalog = useCatalog();
  const maker = useRef<{ views: NodeViews; flow: Flow; faults: Map<string, readonly Fault[]> }>(undefined);
  maker.current ??= { views: new NodeViews(), flow: new Flow(), faults: new Map() };
  const { views: viewMaker, flow } = maker.current;
  const [moved, setMoved] = useState(NOTHING_MOVED);
  const advanced = useCanvas((canvas) => canvas.advanced);
  const selectedFrames = useCanvas((canvas) => canvas.frames);
  const selectedWires = useCanvas((canvas) => canvas.wires);

  const graph = document?.graph;
  const scope = document?.scope ?? null;
  const body = graph && bodyOf(graph, scope);
  // Strings compare by content: the canvas is not drawn again for each event of a run.
  const pictured = useRuns((runs) => (body ? picturedNodes(Object.keys(body.nodes), runs) : ""));
  const failures = useRuns((runs) => (body ? failuresText(Object.keys(body.nodes), runs) : ""));

  const faults = useMemo(() => {
    const parsed = failures === "" ? [] : (JSON.parse(failures) as { node: string; error: string; port?: string }[]);
    const next = faultsOf(document?.problems ?? [], scope, parsed);
    const before = maker.current?.faults ?? new Map<string, readonly Fault[]>();
    const kept = new Map([...next].map(([node, list]) => [node, same(before.get(node), list)]));
    if (maker.current) maker.current.faults = kept;
    return kept;
  }, [document?.problems, scope, failures]);

  const key = document?.key ?? "";
  const views = useMemo(() => {
    if (!graph || !body) return [];
    const advancedOpen = new Set(Object.keys(body.nodes).filter((name) => advanced.has(advancedKey(key, scope, name))));
    const picturedSet = new Set(pictured.split(SEPARATOR));
    return inReadingOrder(viewMaker.of(graph, scope, catalog, { advancedOpen, pictured: picturedSet, faults }));
  }, [graph, body, scope, key, catalog, advanced, pictured, faults, viewMaker]);

  const nodes = useMemo(
    () => flow.nodes(views, framesOf(body), document?.selection ?? new Set(), selectedFrames, moved),
    [flow, views, body, document?.selection, selectedFrames, moved],
  );
  const edges = useMemo(
    () => flow.edges(body ? wiresOf(body) : [], views, selectedWires),
    [flow, body, views, selectedWires],
  );
  return { nodes, edges, moved, setMoved };
}

/** From left to right, and from top to bottom: the order in which the Tab key goes through the nodes. */
function inReadingOrder(views: readonly NodeView[]): NodeView[] {
  return views.toSorted((a, b) => a.position.x - b.position.x || a.position.y - b.position.y);
}

/** Nodes with a result or a preview to show. */
function picturedNodes(names: readonly string[], runs: RunsStore): string {
  const has = (name: string) => resultPicture(runs, name) !== undefined || runs.preview(name) !== undefined;
  return names.filter(has).join(SEPARATOR);
}

function failuresText(names: readonly string[], runs: RunsStore): string {
  const failures = names.flatMap((node) => {
    const run = runs.nodeRun(node);
    return run?.state === "failed" ? [{ node, error: run.error ?? "The node failed.", port: run.port }] : [];
  });
  return failures.length === 0 ? "" : JSON.stringify(failures);
}

function same(before: readonly Fault[] | undefined, after: readonly Fault[]): readonly Fault[] {
  return before && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
