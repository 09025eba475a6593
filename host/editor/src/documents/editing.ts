/** What is done to the document in front: edits, undo, selection, tabs. */
import { bodyOf } from "../graph/body";
import type { Graph } from "../graph/document";
import { EMPTY_GRAPH, setTitle } from "../graph/nodes";
import { withRequires } from "../graph/requires";
import { pluginVersions } from "./catalog";
import { type Document, newDocument, withGraph, withHistory } from "./document";
import { present, record, redo, sealed, undo } from "./history";
import { newKey, type Tabs } from "./tabs";
import { freshTitle } from "./titles";

export interface EditOptions {
  /** Edits that follow each other with the same key are undone together: typing, arrow keys. */
  readonly merge?: string;
}

export interface Editing {
  /** Changes the document as one step of its history; nothing when the graph stays the same. */
  edit(label: string, change: (graph: Graph) => Graph, options?: EditOptions): void;
  /** Changes what is seen without a step, in the middle of a drag; {@link commit} makes it one. */
  transient(change: (graph: Graph) => Graph): void;
  /** Makes one step of everything transient. */
  commit(label: string): void;
  /** Takes everything transient back. */
  abandon(): void;
  undo(): void;
  redo(): void;
  /** Names the document and its graph; a saved one has the name on the server with the next save. */
  rename(name: string): void;
  /** Edits the inside of a subgraph; `instance` is the node through which it is entered. */
  enter(definition: string, instance?: string): void;
  /** Edits what the subgraph is part of again. */
  leave(): void;
  /** Selects exactly these nodes. */
  select(names: Iterable<string>): void;

  /** Opens a new tab; returns its key. A graph that is given counts as unchanged. */
  newDocument(graph?: Graph, name?: string): string;
  /** Closes a tab, whatever it holds. With the last one an empty document opens. */
  close(key: string): void;
  /** Opens the tab again that was closed last. */
  reopen(): void;
  activate(key: string): void;
}

/** How many closed tabs can be opened again. */
const MOST_CLOSED = 20;

export function editing(tabs: Tabs): Editing {
  const { change } = tabs;
  const closed: Document[] = [];

  const actions: Editing = {
    edit: (label, edit, { merge } = {}) =>
      change((document) => {
        const edited = edit(document.graph);
        if (edited === document.graph && edited === present(document.history)) return document;
        return withHistory(document, record(document.history, label, complete(document, edited), merge));
      }),

    transient: (edit) => change((document) => withGraph(document, edit(document.graph))),

    commit: (label) =>
      change((document) =>
        withHistory(document, sealed(record(document.history, label, complete(document, document.graph)))),
      ),

    abandon: () => change((document) => withGraph(document, present(document.history))),

    undo: () =>
      change((document) => {
        // In the middle of a drag, the drag is what goes back.
        const dragging = document.graph !== present(document.history);
        return dragging
          ? withGraph(document, present(document.history))
          : withHistory(document, undo(document.history));
      }),

    redo: () => change((document) => withHistory(document, redo(document.history))),

    rename: (name) => {
      if (name === "") return;
      actions.edit("Rename", (graph) => setTitle(graph, name));
      change((document) => (name === document.name ? document : { ...document, name }));
    },

    enter: (definition, instance = "") =>
      change((document) => {
        if (bodyOf(document.graph, definition) === undefined) return document;
        const scopes = [...document.scopes, definition];
        const instances = [...document.instances, instance];
        return { ...document, scopes, instances, scope: definition, selection: new Set() };
      }),

    leave: () =>
      change((document) => {
        if (document.scopes.length === 0) return document;
        const scopes = document.scopes.slice(0, -1);
        const instance = document.instances.at(-1);
        const instances = document.instances.slice(0, -1);
        const selection = new Set(instance ? [instance] : []);
        return { ...document, scopes, instances, scope: scopes.at(-1) ?? null, selection };
      }),

    select: (names) =>
      change((document) => {
        const nodes = bodyOf(document.graph, document.scope)?.nodes ?? {};
        const selection = new Set([...names].filter((name) => Object.hasOwn(nodes, name)));
        const before = document.selection;
        const same = selection.size === before.size && [...selection].every((name) => before.has(name));
        return same ? document : { ...document, selection };
      }),

    newDocument: (graph = EMPTY_GRAPH, name) => {
      const title = freshTitle(name ?? (graph.title || "Untitled"), tabs.state().tabs);
      const document = newDocument(newKey(), graph, title);
      tabs.add(document);
      return document.key;
    },

    close: (key) => {
      const { tabs: open, active } = tabs.state();
      const at = open.findIndex((tab) => tab.key === key);
      const gone = open[at];
      if (gone === undefined) return;
      closed.push(gone);
      if (closed.length > MOST_CLOSED) closed.shift();
      const left = open.toSpliced(at, 1);
      const next = active === key ? (left[at] ?? left[at - 1])?.key : active;
      tabs.replace({ tabs: left, active: next ?? "" });
      if (left.length === 0) actions.newDocument();
    },

    reopen: () => {
      const document = closed.pop();
      if (document !== undefined) tabs.add(document);
    },

    activate: (key) => {
      if (tabs.document(key) !== undefined) tabs.replace({ active: key });
    },
  };
  return actions;
}

/** The edited graph with requirements for plugins that are used anew. */
function complete(document: Document, graph: Graph): Graph {
  const before = present(document.history);
  const sameNodes = graph.nodes === before.nodes && graph.definitions === before.definitions;
  return sameNodes ? graph : withRequires(graph, pluginVersions());
}
