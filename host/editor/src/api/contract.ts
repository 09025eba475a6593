/** The shapes that cross `/api`. Base path `/api`; a failure is a status with {@link ApiError}. */
import type { Graph, Json } from "../graph/document";

/** Body of every answer whose status is 4xx or 5xx. */
export interface ApiError {
  /** Stable name in kebab-case: `not-found`, `conflict`, `too-large`, `foreign-origin`, `login-required`, `invalid-graph`, … */
  code: string;
  /** A sentence for people. */
  message: string;
  /** With `invalid-graph`. */
  problems?: Problem[];
  /** With `conflict`: the version that is there now. */
  current_version?: number;
}

/** `GET /api/health` */
export interface Health {
  status: "ok";
  version: string;
  /** Whether this client must `POST /api/login { token }` first (health itself needs no login). */
  login_required: boolean;
  queued: number;
  running: number;
  paused: boolean;
}

// ---- Nodes: `GET /api/nodes` ------------------------------------------------------------------------------------

export interface Nodes {
  plugins: Plugin[];
  nodes: NodeDefinition[];
}

export interface Plugin {
  id: string;
  version: string;
  /** `native` or `component`; absent when refused before that was known. */
  kind?: "native" | "component";
  state: "loaded" | "refused";
  /** Why it was refused. */
  reason?: string;
  notices: string[];
  nodes: string[];
}

/** As in `plugin-sdk/schema`; absent fields have their defaults. */
export interface NodeDefinition {
  id: string;
  title?: string;
  category: string;
  version: number;
  description?: string;
  deterministic: boolean;
  concurrency: "parallel" | "one-per-node" | "exclusive";
  requires?: string[];
  sink?: boolean;
  /** Pairs (output, input that passes through when bypassed). */
  bypass?: [string, string][];
  inputs: Port[];
  outputs: Port[];
  /** Why the node cannot run here; absent when it can. */
  unavailable?: string;
}

export interface Port {
  name: string;
  /** `none bool int float text choice bytes image mask tensor any` or a handle kind such as `kontext/latent@1`. */
  kind: string;
  title?: string;
  default?: Json;
  range?: { min?: number | string; max?: number | string };
  soft_range?: { min?: number; max?: number };
  step?: number;
  unit?: string;
  /** Open set: `slider seed textarea file model color mask …` */
  widget?: string;
  tooltip?: string;
  choices?: { key: string; title?: string }[];
  advanced?: boolean;
  optional?: boolean;
  list?: boolean;
}

// ---- Graphs -----------------------------------------------------------------------------------------------------

/** `POST /api/validate { graph }` answers 200 with this; the graph comes back migrated to the current version. */
export interface Validated {
  problems: Problem[];
  graph?: Graph;
}

export interface Problem {
  severity: "error" | "warning";
  code: string;
  /** `nodes.t5.inputs.text`; empty for the whole document. */
  path: string;
  expected: string;
  found: string;
  hint?: string;
}

/** `GET /api/graphs` → `{ graphs: GraphInfo[] }`, newest first. */
export interface GraphInfo {
  id: string;
  name: string;
  version: number;
  /** Milliseconds since 1970, as all times. */
  saved_at: number;
  has_draft: boolean;
}

/**
 * `POST /api/graphs { name, graph }` → 201; `GET /api/graphs/{id}`; `GET /api/graphs/{id}/versions/{version}`;
 * `PUT /api/graphs/{id} { graph, base_version, name? }` → 200 with the next version, or 409 when somebody saved since.
 * `DELETE /api/graphs/{id}` → 204.
 */
export interface SavedGraph extends GraphInfo {
  graph: Graph;
  /** Newest autosaved state on top of `base_version`, when there is one. `PUT /api/graphs/{id}/draft { graph, base_version }` → 204, `DELETE` → 204. */
  draft?: { graph: Graph; base_version: number; saved_at: number };
}

/** `GET /api/graphs/{id}/versions` → `{ versions: GraphVersion[] }`, newest first (the last 50 are kept). */
export interface GraphVersion {
  version: number;
  saved_at: number;
  bytes: number;
}

/** `GET /api/templates` → `{ templates: Template[] }`: the graphs of `examples/`, their pictures as assets. `recolor` comes first. */
export interface Template {
  id: string;
  title: string;
  graph: Graph;
}

// ---- Runs -------------------------------------------------------------------------------------------------------

/**
 * `POST /api/runs` → 201 with {@link Run}, or 200 with the run that has this id already. 422 `invalid-graph` when it
 * cannot run, 429 `queue-full` when ten thousand wait.
 */
export interface NewRun {
  /** Chosen by the client (1 to 64 of `A–Z a–z 0–9 - _`), so that sending twice runs once. */
  id?: string;
  graph: Graph;
  /** The saved graph it belongs to. */
  graph_id?: string;
  /** Nodes (`save`) or outputs (`decode.image`); absent means the graph's ends. */
  wanted?: string[];
  /** Values for exposed inputs, by name; `null` takes a value out, so that the default counts. */
  set?: Record<string, Json>;
}

export type RunStatus = "queued" | "running" | "finished" | "failed" | "cancelled" | "interrupted";

/**
 * `GET /api/runs?limit=50&before=TIME&status=…` → {@link RunList}: queued in their order, then running, then ended newest
 * first. `limit` (at most 500) counts the ended ones; with `before` only those whose `ended_at` is earlier come, and no
 * two runs have the same.
 */
export interface RunSummary {
  id: string;
  status: RunStatus;
  title: string;
  graph_id?: string;
  created_at: number;
  started_at?: number;
  ended_at?: number;
  /**
   * Place in the queue, from 0, while queued. An event of a queued run says: take it out of the order, put it in here.
   * A run that is queued no longer leaves the order. The others move up and down without events of their own.
   */
  position?: number;
  /** Overall: nodes done (cached ones included) of all nodes of the plan. */
  done: number;
  total: number;
  /** The first failure, as a sentence. */
  error?: string;
  outputs: RunOutput[];
  /** The run this one repeats. */
  retry_of?: string;
}

export interface RunList {
  runs: RunSummary[];
  paused: boolean;
  /** Sequence number of the newest event this list includes: listen from there. */
  sequence: number;
}

/** `GET /api/runs/{id}` */
export interface Run extends RunSummary {
  graph: Graph;
  wanted?: string[];
  /** By node name (`inner` nodes of an instance are `instance/inner`). */
  nodes: Record<string, NodeRun>;
}

export interface NodeRun {
  state: "queued" | "running" | "cached" | "finished" | "failed" | "cancelled" | "skipped";
  /** When it started, in milliseconds since the run was started. */
  started_ms?: number;
  /** How long it ran. */
  ms?: number;
  step?: number;
  total?: number;
  message?: string;
  /** When failed: the sentence; and the input it is about, when it is about one. */
  error?: string;
  port?: string;
}

export interface RunOutput {
  /** `save.file`, or the exposed name. */
  name: string;
  node: string;
  output: string;
  value: ValueInfo;
}

/** A value shown to people. `GET /api/runs/{id}/values/{node.output}` peeks at any wire of a run (200 {@link ValueInfo}, 404 when it was not kept). */
export interface ValueInfo {
  kind: string;
  /** One line: `image 768 × 512, 3 channels, u8`, `kontext/latent@1, 64 KiB on cpu`, the text itself cut to 200 characters. */
  summary: string;
  /** For images, masks and `bytes`: the contents as an asset (PNG for pictures). */
  asset?: Asset;
  /** For bool, int, float, text, choice. */
  value?: Json;
}

// `POST /api/runs/{id}/cancel` → 200 Run · `POST /api/runs/{id}/retry { id? }` → 201 Run (a new run; its cached nodes
// are reused) · `DELETE /api/runs/{id}` → 204 (409 while running) · `POST /api/runs/{id}/move { position }` → 200 RunList
// · `POST /api/queue/pause`, `POST /api/queue/resume` → 200 RunList (the running one goes on).

// ---- Assets -----------------------------------------------------------------------------------------------------

/**
 * `POST /api/assets?name=cup.png` (raw body, Content-Type) → 201; `GET /api/assets/{hash}` (ranges, immutable);
 * `GET /api/assets/{hash}/thumbnail?size=256` (PNG); `GET /api/assets` → `{ assets: Asset[] }`: uploads, newest first.
 */
export interface Asset {
  /** BLAKE3 in hex. */
  hash: string;
  name: string;
  media_type: string;
  bytes: number;
  created_at: number;
  /** What a `file` input of a graph holds to use it: `asset:HASH/name.png`. */
  reference: string;
}

/** `GET /api/files` → `{ files: InputFile[] }`: what lies in the server's input folder (`DATA/input`). `GET /api/files/{name}` gives the bytes. */
export interface InputFile {
  name: string;
  bytes: number;
  media_type: string;
  modified_at: number;
}

/** `GET /api/models` → `{ models: Model[] }` */
export interface Model {
  name: string;
  bytes: number;
}

// ---- Sharing ----------------------------------------------------------------------------------------------------

/**
 * `POST /api/import` (raw body: graph JSON, a Wirebrush PNG, or a `.wirebrush` bundle) → 200. Pictures of a bundle
 * become assets. 422 when the bytes are none of these.
 */
export interface Imported {
  graph: Graph;
  problems: Problem[];
  /** What the bytes were. */
  format: "json" | "png" | "bundle";
}

/** `POST /api/export` → the bytes, with Content-Disposition. */
export interface Export {
  graph: Graph;
  format: "json" | "png" | "bundle";
  /** For `png`: hash of the picture that shall carry the graph. */
  picture?: string;
  /** Text of `textarea`/`text` inputs named prompts, and file names and paths, are emptied. */
  strip?: ("prompts" | "paths")[];
}

// ---- Events: WebSocket `GET /api/events?after=SEQUENCE` ------------------------------------------------------------

/**
 * Text frames are JSON. `sequence` rises by one for all clients together, and never falls, across restarts too. After a
 * dropped connection, connect with the last one seen; when the server no longer has what follows, the first frame is
 * `reset`. Without `after` the stream starts now. `hello` and `reset` carry the number before the next event. A client
 * that is too slow gets `reset` later too.
 */
export type ServerEvent = { sequence: number } & (
  | { type: "hello" }
  | { type: "reset" }
  /** Status, place, progress or outputs of a run changed; the whole summary. */
  | { type: "run"; run: RunSummary }
  | { type: "run-removed"; run: string }
  /** State of one node of a run. */
  | { type: "node"; run: string; node: string; state: NodeRun }
  | { type: "log"; run: string; node: string; level: "debug" | "info" | "warn" | "error"; message: string }
  | { type: "queue"; paused: boolean }
  | { type: "graph"; graph: GraphInfo }
  | { type: "graph-removed"; graph: string }
);

/**
 * Binary frames are previews: 4 bytes little-endian length N, N bytes of JSON {@link PreviewHeader}, then the picture.
 * They are not numbered and not repeated.
 */
export interface PreviewHeader {
  run: string;
  node: string;
  media_type: string;
}

/** `POST /api/login { token }` → 204 and a cookie, 401 when wrong. */
export interface Login {
  token: string;
}
