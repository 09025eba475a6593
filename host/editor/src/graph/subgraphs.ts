/** Everything about subgraphs in one place. */
export * from "./definitions";
export * from "./make-subgraph";
export * from "./unpack";
