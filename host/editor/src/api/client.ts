/** The server's routes as functions. */
import type { Graph } from "../graph/document";
import type {
  Asset,
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
  RunStatus,
  SavedGraph,
  Template,
  Validated,
  ValueInfo,
} from "./contract";
import { send, type SendOptions } from "./request";

export { ApiFailure, onLoginRequired } from "./request";

/** What `GET /api/runs` shall list. */
export interface RunQuery {
  /** At most this many. */
  readonly limit?: number;
  /** Only runs that ended before this time, in milliseconds since 1970. */
  readonly before?: number;
  readonly status?: RunStatus;
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
