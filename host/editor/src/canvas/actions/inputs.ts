/** What rows of a node do to inputs. */
import type { Port } from "../../api/contract";
import { nodeOf } from "../../graph/body";
import type { Input, Json, Link } from "../../graph/document";
import { itemsOf } from "../../graph/links";
import { entry } from "../../graph/record";
import { clearInput, setInput } from "../../graph/values";
import { activeDocument, edit } from "../active";
import type { Slot } from "../geometry";
import type { NodeView } from "../nodeView";
import { advancedKey, setCanvas, useCanvas } from "../store";

/** Sets an input, or one item of a list input. */
export function setSlot(node: string, { port, index }: Slot, value: Json): void {
  edit(`Set ${port.name}`, (graph, scope) => {
    if (index === undefined) return setInput(graph, scope, node, port.name, value);
    const items = itemsOf(entry(nodeOf(graph, scope, node)?.inputs, port.name) ?? []);
    return setInput(graph, scope, node, port.name, items.map((item, at) => (at === index ? value : item)) as Input);
  });
}

/** Gives an input its default again, or removes one item of a list input. */
export function resetInput(node: string, { port, index }: Slot): void {
  edit(`Reset ${port.name}`, (graph, scope) => {
    if (index === undefined) return clearInput(graph, scope, node, port.name);
    const items = itemsOf(entry(nodeOf(graph, scope, node)?.inputs, port.name) ?? []).filter((_, at) => at !== index);
    if (items.length === 0) return clearInput(graph, scope, node, port.name);
    return setInput(graph, scope, node, port.name, items as readonly (Json | Link)[]);
  });
}

/** Adds an empty value to a list input. */
export function addListItem(view: NodeView, port: Port): void {
  const empty: Record<string, Json> = { int: 0, float: 0, bool: false };
  const item = empty[port.kind] ?? "";
  edit(`Add to ${port.name}`, (graph, scope) => {
    const before = entry(nodeOf(graph, scope, view.name)?.inputs, port.name);
    return setInput(graph, scope, view.name, port.name, [...(before === undefined ? [] : itemsOf(before)), item]);
  });
}

/** Shows or hides the advanced inputs of a node. */
export function toggleAdvanced(node: string): void {
  const document = activeDocument();
  if (!document) return;
  const key = advancedKey(document.key, document.scope, node);
  const advanced = new Set(useCanvas.getState().advanced);
  if (!advanced.delete(key)) advanced.add(key);
  setCanvas({ advanced });
}
