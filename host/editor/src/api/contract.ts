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
type Shape<T> = unknown extends T
  ? Json
  : T extends readonly (infer Item)[]
    ? Shape<Item>[]
    : T extends Open
      ? Graph
      : T extends object
        ? { [Field in keyof T]: Shape<Exclude<T[Field], null>> }
        : T;

/** Body of every answer whose status is 4xx or 5xx. */
export interface ApiError extends Shape<Schemas["ApiError"]> {}

export interface Health extends Shape<Schemas["Health"]> {}

// ---- Nodes ------------------------------------------------------------------------------------------------------

export interface Nodes extends Omit<Shape<Schemas["Nodes"]>, "nodes"> {
  nodes: NodeDefinition[];
}

export interface Plugin extends Shape<Schemas["Plugin"]> {}

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
  /** Handle kinds that an input takes beside its kind, over a wire. */
  also?: string[];
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
  /** The input changes how a result is made, never which it is. */
  hint?: boolean;
}

// ---- Plugins ----------------------------------------------------------------------------------------------------

export interface PluginList extends Shape<Schemas["PluginList"]> {}

export interface PluginInfo extends Shape<Schemas["PluginInfo"]> {}

/** What the user has to agree to, in sentences; `confirm` goes back with the request. */
export interface Consent extends Shape<Schemas["Consent"]> {}

/** Either `url`, or `id` of the server's index with an optional `version`. */
export interface WantedPlugin extends Partial<Shape<Schemas["WantedPlugin"]>> {}

export interface IndexOffer extends Shape<Schemas["IndexOffer"]> {}

/** Ids of plugins that are new, different or gone, and of those that cannot be used. */
export interface PluginChanges extends Shape<Schemas["Changes"]> {}

// ---- Graphs -----------------------------------------------------------------------------------------------------

/** The graph comes back migrated to the current version. */
export interface Validated extends Shape<Schemas["Validated"]> {}

export interface Problem extends Shape<Schemas["Problem"]> {}

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
 * Answered with 201, or 200 with the run of this id and wish; 409 `id-taken` when the id has another wish, 422 `invalid-graph` when it cannot run, 429
 * `queue-full` when ten thousand wait. In `set`, `null` takes a value out, so that the default counts.
 */
export interface NewRun extends Shape<Schemas["NewRun"]> {}

export type RunStatus = Schemas["RunStatus"];

/**
 * An event of a queued run with its `position` says: take it out of the order, put it in here. A run that is queued no
 * longer leaves the order. The others move up and down without events of their own.
 */
export interface RunSummary extends Shape<Schemas["RunSummary"]> {}

/** Queued runs in their order, then running, then ended ones newest first. */
export interface RunList extends Shape<Schemas["RunList"]> {}

/** Nodes are named as in the graph; inner nodes of an instance are `instance/inner`. */
export interface Run extends Shape<Schemas["Run"]> {}

export interface NodeRun extends Shape<Schemas["NodeRun"]> {}

/** What the nodes of a run said, by rising `number`; bounded, and `cut` when there was more. */
export interface RunLog extends Shape<Schemas["RunLog"]> {}

export interface RunOutput extends Shape<Schemas["RunOutput"]> {}

/** A value shown to people; integers beyond ±2⁵³ are strings of digits. */
export interface ValueInfo extends Shape<Schemas["ValueInfo"]> {}

// ---- Assets and files -------------------------------------------------------------------------------------------

/** `reference` is what a `file` input of a graph holds to use it: `asset:HASH/name.png`. */
export interface Asset extends Shape<Schemas["Asset"]> {}

/** How much the server keeps. */
export interface Storage extends Shape<Schemas["Storage"]> {}

/** What to free: not what came in the last `keep_hours` (24), which an unsaved graph may use. */
export interface Clean extends Partial<Shape<Schemas["Clean"]>> {}

/** What went, or would go, and in `storage` what stays. */
export type Cleaned = Shape<Schemas["Cleaned"]>;

/** Who names an asset: in the `uses` of a 409 `in-use`. */
export interface AssetUse extends Shape<Schemas["AssetUse"]> {}

export interface InputFile extends Shape<Schemas["InputFile"]> {}

export interface Model extends Shape<Schemas["Model"]> {}

// ---- Sharing ----------------------------------------------------------------------------------------------------

/** What was read out of graph JSON, a Wirebrush PNG or a `.wirebrush` bundle, whose pictures became assets. */
export interface Imported extends Shape<Schemas["Imported"]> {}

/** `picture` is the hash of the picture that shall carry the graph, for `png`. */
export interface Export extends Shape<Schemas["Export"]> {}

// ---- Events: WebSocket `GET /api/events?after=SEQUENCE` -----------------------------------------------------------

/**
 * Text frames are JSON. `sequence` rises by one for all clients together, and never falls, across restarts too. After a
 * dropped connection, connect with the last one seen; when the server no longer has what follows, the first frame is
 * `reset`. Without `after` the stream starts now. `hello` and `reset` carry the number before the next event. A client
 * that is too slow gets `reset` later too.
 */
export type ServerEvent = Shape<Schemas["ServerEvent"]>;

/**
 * Binary frames are previews: 4 bytes little-endian length N, N bytes of JSON {@link PreviewHeader}, then the picture.
 * They are not numbered and not repeated.
 */
export interface PreviewHeader extends Shape<Schemas["PreviewHeader"]> {}

export interface Login extends Shape<Schemas["Login"]> {}
