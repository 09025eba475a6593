/**
 * The graph document (`wirebrush/graph`, version 1) as plain, immutable data.
 *
 * The same file is read by the editor, the command line and the server. Objects keep fields this version does not
 * know; nothing here may be mutated: every operation returns a new document that shares what did not change.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The output of another node, `node.output`. */
export interface Link {
  readonly from: string;
}

/** What comes into an input: a literal, a link, or for a list input an array of both. */
export type Input = Json | Link | readonly (Json | Link)[];

/** Whether a node runs; absent means `normal`. */
export type NodeState = "normal" | "muted" | "bypassed";

export interface GraphNode {
  /** `plugin/Name`, or `#Name` for an instance of a subgraph. */
  readonly type: string;
  readonly inputs?: Readonly<Record<string, Input>>;
  readonly state?: NodeState;
  /** Markdown the user wrote beside the node. */
  readonly note?: string;
  readonly [unknown: string]: unknown;
}

/** `[x, y]` or `[x, y, width, height]` in editor pixels at zoom 1; a height of 0 is a node folded to its title. */
export type Place = readonly [number, number] | readonly [number, number, number, number];

/** A titled rectangle behind nodes, or with only a note a free Markdown note. */
export interface Frame {
  readonly rect: readonly [number, number, number, number];
  readonly color?: string;
  readonly note?: string;
  readonly [unknown: string]: unknown;
}

/**
 * Places of nodes by name, `frames` by title, and bends of wires by the input they lead to: `"decode.latent"` (or
 * `"sample.references.0"` for an item of a list) holds points `[[x, y], …]`. Never changes what a graph does.
 */
export interface Layout {
  readonly frames?: Readonly<Record<string, Frame>>;
  readonly [nodeOrInput: string]: unknown;
}

/** An offered input, `"node.input"`; an offered output, `{ from: "node.output" }`. */
export type Exposed = string | Link | { readonly input: string; readonly [unknown: string]: unknown };

/** What a graph and the inside of a subgraph have in common. */
export interface Body {
  readonly nodes: Readonly<Record<string, GraphNode>>;
  readonly layout?: Layout;
}

export interface Subgraph extends Body {
  /** By name, the inner inputs (`node.input`) it goes to. */
  readonly inputs?: Readonly<Record<string, string | readonly string[]>>;
  /** By name, the inner output (`node.output`) it comes from. */
  readonly outputs?: Readonly<Record<string, string | Link>>;
  readonly [unknown: string]: unknown;
}

/** What tells a model again under another name. */
export interface MadeModel {
  readonly blake3?: string;
  readonly role?: string;
  /** Models of equal role and family may stand in for one another. */
  readonly family?: string;
  /** What `wirebrush model pull` gets it with. */
  readonly pull?: string;
  /** Bytes of all its files. */
  readonly bytes?: number | string;
  readonly [unknown: string]: unknown;
}

export interface Graph extends Body {
  readonly format: "wirebrush/graph";
  readonly version: number;
  readonly title?: string;
  readonly requires?: Readonly<Record<string, string>>;
  readonly made_with?: Readonly<Record<string, string>>;
  readonly models?: Readonly<Record<string, MadeModel>>;
  readonly exposed?: Readonly<Record<string, Exposed>>;
  readonly definitions?: Readonly<Record<string, Subgraph>>;
  readonly [unknown: string]: unknown;
}
