/** One open document: its graph with all its past, and what is seen of it. */
import type { Problem } from "../api/contract";
import { bodyOf, type Scope } from "../graph/body";
import type { Graph } from "../graph/document";
import { equal } from "../graph/equal";
import { type History, newHistory, present, redoable, undoable } from "./history";

export interface Document {
  /** Identifies the tab; stays the same for its life. */
  readonly key: string;
  /** The saved graph it belongs to, and the version its changes are made to. */
  readonly saved?: { readonly id: string; readonly version: number };
  readonly name: string;
  /** The graph as it is seen, in the middle of a drag as well. */
  readonly graph: Graph;
  /** The subgraph definition that is edited; null for the graph itself. */
  readonly scope: Scope;
  /** The definitions entered one after the other, the edited one last. */
  readonly scopes: readonly string[];
  /** For each of `scopes` the instance through which it was entered; empty when through none. */
  readonly instances: readonly string[];
  readonly selection: ReadonlySet<string>;
  /** Whether it differs from what is saved, or for a new one from what it began with. */
  readonly dirty: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly undoLabel?: string;
  readonly redoLabel?: string;
  readonly problems: readonly Problem[];
  /** Somebody saved this version while there are unsaved changes here. */
  readonly conflict?: { readonly version: number };
  /** Whether the unsaved changes come from a draft that was found. */
  readonly recovered?: boolean;
  readonly history: History;
  /** What counts as unchanged. */
  readonly clean: Graph;
}

/** A document that begins with this graph. */
export function newDocument(key: string, graph: Graph, name: string, saved?: Document["saved"]): Document {
  return {
    key,
    ...(saved === undefined ? {} : { saved }),
    name,
    graph,
    scope: null,
    scopes: [],
    instances: [],
    selection: new Set(),
    dirty: false,
    canUndo: false,
    canRedo: false,
    problems: [],
    history: newHistory(graph),
    clean: graph,
  };
}

/** The document with another past, showing its present. */
export function withHistory(document: Document, history: History): Document {
  const { undoLabel: _, redoLabel: __, ...rest } = document;
  const last = undoable(history);
  const next = redoable(history);
  return withGraph(
    {
      ...rest,
      history,
      canUndo: last !== undefined,
      canRedo: next !== undefined,
      ...(last === undefined ? {} : { undoLabel: last.label }),
      ...(next === undefined ? {} : { redoLabel: next.label }),
    },
    present(history),
  );
}

/** The document showing this graph; what is no longer there is left and deselected. */
export function withGraph(document: Document, graph: Graph): Document {
  if (graph === document.graph) return withDirty(document);
  const scopes = followedScopes(document, graph);
  const left = scopes.length < document.scopes.length;
  const scope = scopes.at(-1) ?? null;
  const nodes = bodyOf(graph, scope)?.nodes ?? {};
  const selected = left ? [] : [...document.selection].filter((name) => Object.hasOwn(nodes, name));
  const selection = selected.length === document.selection.size ? document.selection : new Set(selected);
  const instances = left ? document.instances.slice(0, scopes.length) : document.instances;
  return withDirty({ ...document, graph, scopes, instances, scope, selection });
}

/** The definitions that are entered, by the names they have now; one that is gone is left, and what is inside it. */
function followedScopes({ graph: before, scopes }: Document, after: Graph): readonly string[] {
  const followed: string[] = [];
  for (const scope of scopes) {
    const is = bodyOf(after, scope) === undefined ? renamed(before, after, scope) : scope;
    if (is === undefined) break;
    followed.push(is);
  }
  return followed.length === scopes.length && followed.every((scope, index) => scope === scopes[index])
    ? scopes
    : followed;
}

/** The new name of a definition whose contents are the same object under it. */
function renamed(before: Graph, after: Graph, scope: string): string | undefined {
  const definition = bodyOf(before, scope);
  return Object.entries(after.definitions ?? {}).find(([, it]) => it === definition)?.[0];
}

/** The document with another idea of what is saved. */
export function withClean(document: Document, clean: Graph): Document {
  return withDirty({ ...document, clean });
}

function withDirty(document: Document): Document {
  const dirty = !equal(document.graph, document.clean);
  return dirty === document.dirty ? document : { ...document, dirty };
}
