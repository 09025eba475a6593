/** Everything that can be asked of a graph document and done to it, without a user interface. */
export * from "./body";
export * from "./catalog";
export type * from "./document";
export * from "./frames";
export * from "./kinds";
export * from "./links";
export * from "./names";
export * from "./nodes";
export * from "./outcome";
export * from "./places";
export { portsOfType } from "./ports";
export { entry } from "./record";
export * from "./values";
export * from "./wires";
export * from "./wiring";
