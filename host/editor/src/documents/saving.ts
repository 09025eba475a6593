/** Opening documents from the server and saving them there, without overwriting what somebody else saved. */
import { api, ApiFailure } from "../api/client";
import type { GraphVersion, Imported, SavedGraph, Template } from "../api/contract";
import type { Graph } from "../graph/document";
import { equal } from "../graph/equal";
import { setTitle } from "../graph/nodes";
import { isSound, unsoundness } from "../graph/sound";
import { type Document, newDocument, withClean, withHistory } from "./document";
import { present, record } from "./history";
import { newKey, type Tabs } from "./tabs";
import { freshTitle } from "./titles";

/** All throw ApiFailure when the server refuses for another reason than a conflict, or cannot be reached. */
export interface Saving {
  /**
   * Opens a saved graph with the unsaved changes the server kept, or brings its tab to the front. Returns the tab's key.
   */
  openSaved(id: string): Promise<string>;
  /** Opens a copy of a template; returns the tab's key. */
  openTemplate(template: Template): string;
  /** Opens what was read from a file; returns the tab's key. */
  openImported(imported: Pick<Imported, "graph">, name?: string): string;
  /** Saves; a document that was never saved gets its name. False when somebody saved since: see `conflict`. */
  save(): Promise<boolean>;
  /** Saves as a new graph with this name. */
  saveAs(name: string): Promise<void>;
  /** Saves over what somebody else saved. */
  overwrite(): Promise<boolean>;
  /** Takes what somebody else saved; the changes here can be had back by undo. */
  reloadSaved(): Promise<void>;
  /** The saved versions of the document, newest first; none when it was never saved. */
  versions(): Promise<GraphVersion[]>;
  /** Takes an older version as an unsaved change. */
  openVersion(version: number): Promise<void>;
  /** Waits until a save that is under way has ended. */
  saved(key: string): Promise<void>;
}

export function saving(tabs: Tabs): Saving {
  const underWay = new Map<string, Promise<unknown>>();

  /** Runs one save of a document after the other. */
  const inTurn = async <T>(key: string, save: () => Promise<T>): Promise<T> => {
    const turn = (underWay.get(key) ?? Promise.resolve()).then(save, save);
    underWay.set(key, turn);
    try {
      return await turn;
    } finally {
      if (underWay.get(key) === turn) underWay.delete(key);
    }
  };

  const put = (key: string, baseVersion?: number): Promise<boolean> =>
    inTurn(key, async () => {
      const document = tabs.document(key);
      if (document?.saved === undefined) return false;
      const graph = present(document.history);
      const { id, version } = document.saved;
      try {
        const saved = await api.graphs.save(id, { graph, base_version: baseVersion ?? version, name: document.name });
        tabs.update(key, (now) => asSaved(now, saved, graph));
        return true;
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 409)) throw error;
        const current = error.error.current_version ?? version;
        tabs.update(key, (now) => ({ ...now, conflict: { version: current } }));
        return false;
      }
    });

  const create = (key: string, name: string): Promise<void> =>
    inTurn(key, async () => {
      const document = tabs.document(key);
      if (document === undefined) return;
      const graph = setTitle(present(document.history), name);
      const saved = await api.graphs.create(name, graph);
      tabs.update(key, (now) => asSaved(titled(now, name), saved, graph));
      // The changes are in the new graph now; the old one has no unsaved ones.
      if (document.saved !== undefined) await api.graphs.removeDraft(document.saved.id).catch(() => {});
    });

  const open = (graph: Graph, name: string) => {
    const document = newDocument(newKey(), graph, freshTitle(name, tabs.state().tabs));
    tabs.add(document);
    return document.key;
  };

  return {
    openSaved: async (id) => {
      const opened = () => tabs.state().tabs.find((tab) => tab.saved?.id === id);
      const saved = opened() === undefined ? await api.graphs.get(id) : undefined;
      const document = opened() ?? (saved && fromServer(saved));
      if (document === undefined) return "";
      if (tabs.document(document.key) === undefined) tabs.add(document);
      else tabs.replace({ active: document.key });
      return document.key;
    },

    openTemplate: (template) => open(shown(template.graph), template.title),
    openImported: ({ graph }, name) => open(shown(graph), name ?? (graph.title || "Imported")),

    save: async () => {
      const document = tabs.active();
      if (document === undefined) return false;
      if (document.saved !== undefined) return put(document.key);
      await create(document.key, document.name);
      return true;
    },

    saveAs: async (name) => {
      const document = tabs.active();
      if (document !== undefined) await create(document.key, name);
    },

    overwrite: async () => {
      const document = tabs.active();
      return document === undefined ? false : put(document.key, document.conflict?.version);
    },

    reloadSaved: async () => {
      const document = tabs.active();
      if (document?.saved === undefined) return;
      const saved = await api.graphs.get(document.saved.id);
      tabs.update(document.key, (now) => reloaded(now, saved));
    },

    versions: async () => {
      const saved = tabs.active()?.saved;
      return saved === undefined ? [] : api.graphs.versions(saved.id);
    },

    openVersion: async (version) => {
      const document = tabs.active();
      if (document?.saved === undefined) return;
      const { graph } = await api.graphs.version(document.saved.id, version);
      tabs.update(document.key, (now) =>
        withHistory(now, record(now.history, `Restore version ${version}`, shown(graph))),
      );
    },

    saved: async (key) => {
      await underWay.get(key)?.catch(() => {});
    },
  };
}

/** The document with what the server has, as one more step of its history. */
export function reloaded(document: Document, saved: SavedGraph): Document {
  const { conflict: _, recovered: __, ...rest } = document;
  const graph = equal(saved.graph, document.graph) ? document.graph : shown(saved.graph);
  const history = record(document.history, "Load what was saved", graph);
  const version = { id: saved.id, version: saved.version };
  return withClean(withHistory({ ...rest, name: saved.name, saved: version }, history), graph);
}

/** A saved graph in a tab of its own, with the unsaved changes that the server kept. */
export function fromServer(saved: SavedGraph): Document {
  const { id, version, draft, name } = saved;
  const document = newDocument(newKey(), shown(saved.graph), name, { id, version });
  if (draft === undefined || !isSound(draft.graph) || equal(draft.graph, saved.graph)) return document;
  const recovered = withHistory(document, record(document.history, "Recover unsaved changes", draft.graph));
  if (draft.base_version === version) return { ...recovered, recovered: true };
  return { ...recovered, recovered: true, saved: { id, version: draft.base_version }, conflict: { version } };
}

/** The document with a title for its graph, which runs and exports are called by. */
function titled(document: Document, name: string): Document {
  const graph = setTitle(present(document.history), name);
  return withHistory(document, record(document.history, `Save as “${name}”`, graph));
}

/** The graph, when it can be shown. */
function shown(graph: Graph): Graph {
  const problem = unsoundness(graph);
  if (problem === undefined) return graph;
  throw new ApiFailure(422, { code: "unsound-graph", message: `The graph cannot be shown. ${problem}` });
}

function asSaved(document: Document, saved: SavedGraph, graph: Graph): Document {
  const { conflict: _, recovered: __, ...rest } = document;
  return withClean({ ...rest, name: saved.name, saved: { id: saved.id, version: saved.version } }, graph);
}
