/** The server's routes as functions. */
import type { Graph } from "../graph/document";
import type {
  Asset,
  Clean,
  Cleaned,
  Export,
  GraphInfo,
  GraphVersion,
  Health,
  Imported,
  InputFile,
  Model,
  NewRun,
  Nodes,
  Run,
  RunList,
  RunLog,
  RunStatus,
  SavedGraph,
  Storage,
  Template,
  Validated,
  ValueInfo,
} from "./contract";
import { send, type SendOptions } from "./request";

export { ApiFailure, onLoginRequired } from "./request";

/** Which runs are meant. */
export interface RunFilter {
  readonly status?: RunStatus;
  /** Words, each of which must occur in title, id, status, error or the name of a node. */
  readonly q?: string;
}

/** What `GET /api/runs` shall list. */
export interface RunQuery extends RunFilter {
  /** At most this many. */
  readonly limit?: number;
  /** Only runs that ended before this time, in milliseconds since 1970. */
  readonly before?: number;
}

type Answer<T> = Promise<T>;

const get = <T>(path: string, options?: SendOptions): Answer<T> => send<T>("GET", path, options);
const post = <T>(path: string, json?: unknown, options?: SendOptions): Answer<T> =>
  send<T>("POST", path, { ...options, ...(json === undefined ? {} : { json }) });

/** Each function is one route. All throw {@link ApiFailure} when the server refuses or cannot be reached. */
export const api = {
  health: (): Answer<Health> => get("health"),
  login: (token: string): Answer<void> => post("login", { token }),
  nodes: (): Answer<Nodes> => get("nodes"),
  validate: (graph: Graph, signal?: AbortSignal): Answer<Validated> =>
    post("validate", { graph }, signal === undefined ? {} : { signal }),
  templates: async (): Answer<Template[]> => (await get<{ templates: Template[] }>("templates")).templates,

  graphs: {
    /** Newest first. */
    list: async (): Answer<GraphInfo[]> => (await get<{ graphs: GraphInfo[] }>("graphs")).graphs,
    create: (name: string, graph: Graph): Answer<SavedGraph> => post("graphs", { name, graph }),
    get: (id: string): Answer<SavedGraph> => get(path`graphs/${id}`),
    /** Fails with status 409 when somebody saved since `base_version`. */
    save: (id: string, body: { graph: Graph; base_version: number; name?: string }): Answer<SavedGraph> =>
      send("PUT", path`graphs/${id}`, { json: body }),
    remove: (id: string): Answer<void> => send("DELETE", path`graphs/${id}`),
    versions: async (id: string): Answer<GraphVersion[]> =>
      (await get<{ versions: GraphVersion[] }>(path`graphs/${id}/versions`)).versions,
    version: (id: string, version: number): Answer<SavedGraph> => get(path`graphs/${id}/versions/${version}`),
    saveDraft: (id: string, draft: { graph: Graph; base_version: number }): Answer<void> =>
      send("PUT", path`graphs/${id}/draft`, { json: draft }),
    removeDraft: (id: string): Answer<void> => send("DELETE", path`graphs/${id}/draft`),
  },

  runs: {
    /** Queued in their order, then running, then ended newest first. */
    list: (query: RunQuery = {}): Answer<RunList> => get("runs", { query: { ...query } }),
    create: (run: NewRun): Answer<Run> => post("runs", run),
    get: (id: string): Answer<Run> => get(path`runs/${id}`),
    cancel: (id: string): Answer<Run> => post(path`runs/${id}/cancel`),
    /** A new run like this one; `id` is the new one's, when the client chooses it. */
    retry: (run: string, id?: string): Answer<Run> => post(path`runs/${run}/retry`, id === undefined ? {} : { id }),
    remove: (id: string): Answer<void> => send("DELETE", path`runs/${id}`),
    /** Forgets runs that are over, all or those that are meant; gives how many. */
    clear: async (filter: RunFilter = {}): Answer<number> =>
      (await send<{ removed: number }>("DELETE", "runs", { query: { ...filter } })).removed,
    /** What its nodes said so far. */
    log: (id: string): Answer<RunLog> => get(path`runs/${id}/log`),
    /** Moves a queued run to a place from 0. */
    move: (id: string, position: number): Answer<RunList> => post(path`runs/${id}/move`, { position }),
    /** The value of an output (`node.output`) of a run. */
    value: (id: string, address: string): Answer<ValueInfo> => get(path`runs/${id}/values/${address}`),
  },

  queue: {
    pause: (): Answer<RunList> => post("queue/pause"),
    resume: (): Answer<RunList> => post("queue/resume"),
  },

  assets: {
    /** Uploads, newest first. */
    list: async (): Answer<Asset[]> => (await get<{ assets: Asset[] }>("assets")).assets,
    /** How much the server keeps of everything. */
    storage: async (): Answer<Storage> => (await get<{ storage: Storage }>("assets")).storage,
    /** Fails with status 409 and `uses` when a graph, a draft or a run names the asset. */
    remove: (hash: string): Answer<void> => send("DELETE", path`assets/${hash}`),
    /** Frees what nobody uses any more; `dry_run` only says how much that is. */
    clean: (wish: Clean = {}): Answer<Cleaned> => post("assets/clean", wish),
    /** Stores bytes under their hash. `onProgress` hears the part that was sent, from 0 to 1. */
    upload: (file: Blob, name: string, options: Pick<SendOptions, "onProgress" | "signal"> = {}): Answer<Asset> =>
      send("POST", "assets", { ...options, query: { name }, bytes: file }),
    url: (hash: string): string => `/api/${path`assets/${hash}`}`,
    /** Address of a PNG of at most `size` pixels a side. */
    thumbnail: (hash: string, size = 256): string => `/api/${path`assets/${hash}/thumbnail`}?size=${size}`,
  },

  files: {
    list: async (): Answer<InputFile[]> => (await get<{ files: InputFile[] }>("files")).files,
    url: (name: string): string => `/api/${path`files/${name}`}`,
  },

  models: async (): Answer<Model[]> => (await get<{ models: Model[] }>("models")).models,

  /** Reads a graph out of JSON, a picture or a bundle. */
  import: (file: Blob): Answer<Imported> => send("POST", "import", { bytes: file }),
  /** The bytes of a file to be saved. */
  export: (wish: Export): Answer<Blob> => send("POST", "export", { json: wish, as: "blob" }),
};

/** A path whose parameters are escaped. */
function path(strings: TemplateStringsArray, ...parameters: (string | number)[]): string {
  return strings.reduce((text, next, index) => text + encodeURIComponent(String(parameters[index - 1])) + next);
}
