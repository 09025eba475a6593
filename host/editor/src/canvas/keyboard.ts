/** Moving among nodes with the keyboard; what has one key in every place is in the command table. */
import type { HTMLAttributes, KeyboardEvent } from "react";
import { useMemo } from "react";
import { wiresOf } from "../graph/wires";
import { isTyping } from "../ui/keys";
import { activeBody, select } from "./active";
import { openSearch } from "./actions/search";
import { isInstance, openSubgraph } from "./actions/subgraphs";
import { bringIntoSight, focusNode } from "./actions/view";
import type { Box } from "./minimapPlace";
import { useCanvas } from "./store";
import { enterWires, pressOnWire } from "./wireKeyboard";

const FIRST_CONTROL = ".control, .control input, .control textarea";

export function useKeyboard(): Pick<HTMLAttributes<HTMLDivElement>, "onKeyDown" | "onFocus"> {
  return useMemo(() => ({ onKeyDown: press, onFocus: follow }), []);
}

function press(event: KeyboardEvent): void {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (target.classList.contains("react-flow__edge")) {
    if (!pressOnWire(target.dataset.id ?? "", event)) return;
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const node = target.classList.contains("react-flow__node-card") ? target.dataset.id : undefined;
  const onCanvas = target.closest(".react-flow__node") === null && target.closest("button") === null;
  if (event.key === "Tab" && onCanvas && !event.shiftKey) openSearch();
  else if (event.key.startsWith("Arrow") && !event.shiftKey && (node !== undefined || onCanvas)) move(node, event.key);
  else if (event.key === "Enter" && node !== undefined) enter(node, target);
  else if (event.key === "w" && node !== undefined) enterWires(node);
  else if (event.key === " " && node !== undefined) select([node]);
  else if (event.key === "Escape" && node === undefined) target.closest<HTMLElement>(".react-flow__node")?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A node that gets the focus by keyboard is selected and brought into sight. */
function follow(event: React.FocusEvent): void {
  const target = event.target as HTMLElement;
  if (!target.classList.contains("react-flow__node-card") || !target.matches(":focus-visible")) return;
  const name = target.dataset.id;
  if (name === undefined) return;
  select([name]);
  bringIntoSight(boxOf(name));
}

function enter(name: string, card: HTMLElement): void {
  if (isInstance(name)) openSubgraph(name);
  else card.querySelector<HTMLElement>(FIRST_CONTROL)?.focus();
}

/** Left and right follow wires; up and down go to the nearest node in that direction. */
function move(from: string | undefined, key: string): void {
  const to = from === undefined ? firstNode() : (along(from, key) ?? nearest(from, key));
  if (to === undefined) return;
  select([to]);
  bringIntoSight(boxOf(to));
  focusNode(to);
}

function along(name: string, key: string): string | undefined {
  const wires = wiresOf(activeBody() ?? { nodes: {} });
  if (key === "ArrowRight") return wires.find((wire) => wire.from.node === name)?.to.node;
  if (key === "ArrowLeft") return wires.find((wire) => wire.to.node === name)?.from.node;
  return undefined;
}

function nearest(name: string, key: string): string | undefined {
  const cards =
    useCanvas
      .getState()
      .flow?.getNodes()
      .filter((node) => node.type === "card") ?? [];
  const here = cards.find((node) => node.id === name)?.position;
  if (!here) return undefined;
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  const vertical = key === "ArrowUp" || key === "ArrowDown";
  const distances = cards.flatMap((node) => {
    const [dx, dy] = [node.position.x - here.x, node.position.y - here.y];
    const [ahead, aside] = vertical ? [dy * sign, dx] : [dx * sign, dy];
    return node.id !== name && ahead > 0 ? [{ id: node.id, distance: ahead + 2 * Math.abs(aside) }] : [];
  });
  return distances.sort((a, b) => a.distance - b.distance)[0]?.id;
}

/** The node most to the left, the upper one of several. */
function firstNode(): string | undefined {
  const cards =
    useCanvas
      .getState()
      .flow?.getNodes()
      .filter((node) => node.type === "card") ?? [];
  return cards.sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y)[0]?.id;
}

/** Where a node lies, in editor pixels. */
function boxOf(name: string): Box | undefined {
  const node = useCanvas.getState().flow?.getNode(name);
  return node && { ...node.position, width: node.width ?? 0, height: node.height ?? 0 };
}
