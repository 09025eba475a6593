/**
 * The shapes that cross `/api`, by the names the editor uses.
 *
 * They come from the server: `openapi.d.ts` is generated of its OpenAPI document, which says what each route and field
 * means. Here are only what that document leaves open, and rules that no type can say.
 */
import type { Graph, Json } from "../graph/document";
import type { components } from "./openapi";

type Schemas = components["schemas"];

/** What a schema says only to be an object: graphs, which `graph/document.ts` describes. */
type Open = Record<string, never>;

/** A schema as answers have it: the server leaves out what it has nothing for, where the schema says `null`. */
type Shape<T> = T extends readonly (infer Item)[]
  ? Shape<Item>[]
  : T extends Open
    ? Graph
    : T extends object
      ? { [Field in keyof T]: Shape<Exclude<T[Field], null>> }
      : T;

/** A schema with some of its fields described more closely. */
type Closer<T, Fields> = Omit<Shape<T>, keyof Fields> & Fields;

/** Body of every answer whose status is 4xx or 5xx. */
export interface ApiError extends Closer<Schemas["ApiError"], { problems?: Problem[] }> {}

export interface Health extends Shape<Schemas["Health"]> {}

// ---- Nodes ------------------------------------------------------------------------------------------------------

export interface Nodes extends Closer<Schemas["Nodes"], { plugins: Plugin[]; nodes: NodeDefinition[] }> {}

export interface Plugin
  extends Closer<Schemas["Plugin"], { kind?: "native" | "component"; state: "loaded" | "refused" }> {}

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

/** The graph comes back migrated to the current version. */
export interface Validated extends Closer<Schemas["Validated"], { problems: Problem[] }> {}

export interface Problem extends Closer<Schemas["Problem"], { severity: "error" | "warning" }> {}

/** Lists have the newest first. Times are milliseconds since 1970, as everywhere. */
export interface GraphInfo extends Shape<Schemas["GraphInfo"]> {}

/** Saving answers 409 when somebody saved since `base_version`. A draft is the newest autosaved state on top of its own. */
export interface SavedGraph extends Shape<Schemas["SavedGraph"]> {}

/** Newest first; the last 50 are kept. */
export interface GraphVersion extends Shape<Schemas["GraphVersion"]> {}

/** The graphs of `examples/`, their pictures as assets. `recolor` comes first. */
export interface Template extends Shape<Schemas["Template"]> {}

// ---- Runs -------------------------------------------------------------------------------------------------------

/**
 * Answered with 201, or 200 with the run that has this id already; 422 `invalid-graph` when it cannot run, 429
 * `queue-full` when ten thousand wait. In `set`, `null` takes a value out, so that the default counts.
 */
export interface NewRun extends Closer<Schemas["NewRun"], { set?: Record<string, Json> }> {}

export type RunStatus = Schemas["RunStatus"];

/**
 * An event of a queued run with its `position` says: take it out of the order, put it in here. A run that is queued no
 * longer leaves the order. The others move up and down without events of their own.
 */
export interface RunSummary extends Closer<Schemas["RunSummary"], { outputs: RunOutput[] }> {}

/** Queued runs in their order, then running, then ended ones newest first. */
export interface RunList extends Closer<Schemas["RunList"], { runs: RunSummary[] }> {}

/** Nodes are named as in the graph; inner nodes of an instance are `instance/inner`. */
export interface Run extends Closer<Schemas["Run"], { outputs: RunOutput[]; nodes: Record<string, NodeRun> }> {}

export interface NodeRun extends Shape<Schemas["NodeRun"]> {}

export interface RunOutput extends Closer<Schemas["RunOutput"], { value: ValueInfo }> {}

/** A value shown to people; integers beyond ±2⁵³ are strings of digits. */
export interface ValueInfo extends Closer<Schemas["ValueInfo"], { value?: Json }> {}

// ---- Assets and files -------------------------------------------------------------------------------------------

/** `reference` is what a `file` input of a graph holds to use it: `asset:HASH/name.png`. */
export interface Asset extends Shape<Schemas["Asset"]> {}

export interface InputFile extends Shape<Schemas["InputFile"]> {}

export interface Model extends Shape<Schemas["Model"]> {}

// ---- Sharing ----------------------------------------------------------------------------------------------------

/** What was read out of graph JSON, a Wirebrush PNG or a `.wirebrush` bundle, whose pictures became assets. */
export interface Imported extends Closer<Schemas["Imported"], { problems: Problem[] }> {}

/** `picture` is the hash of the picture that shall carry the graph, for `png`. */
export interface Export extends Shape<Schemas["Export"]> {}

// ---- Events: WebSocket `GET /api/events?after=SEQUENCE` -----------------------------------------------------------

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

export interface Login extends Shape<Schemas["Login"]> {}
