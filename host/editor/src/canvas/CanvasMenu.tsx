/** The context menus of nodes, wires, frames and the empty canvas; every item is a command or acts on what was pressed. */
import { Brush, Eye, Eraser, Palette, Plus, Replace, Spline, Square, Trash2 } from "lucide-react";
import { command } from "../app/commands";
import type { Command } from "../app/commands";
import { nodeOf } from "../graph/body";
import { portsOf } from "../graph/catalog";
import { setFrameColor } from "../graph/frames";
import { setType } from "../graph/nodes";
import { searchNodes } from "../graph/search";
import { wiresOf } from "../graph/wires";
import type { MenuItem } from "../ui/Menu";
import { Menu } from "../ui/Menu";
import { activeBody, activeDocument, catalog, edit } from "./active";
import { addFrameHere, addNoteHere, pasteClipboard } from "./actions/nodes";
import { exposureItems } from "./exposureItems";
import { isInstance } from "./actions/subgraphs";
import { bend, cut, searchInto } from "./actions/wires";
import { canPaintMask, paintMask } from "./actions/masks";
import { setCanvas, useCanvas } from "./store";
import type { MenuTarget } from "./store";
import { endsOf } from "./wireEnds";

const MOST_REPLACEMENTS = 3;
const FRAME_COLORS = [
  { name: "No color", color: undefined },
  { name: "Blue", color: "#4f8fe8" },
  { name: "Green", color: "#4fae7b" },
  { name: "Yellow", color: "#c9a227" },
  { name: "Red", color: "#d5615b" },
  { name: "Violet", color: "#9a6bd8" },
];

export function CanvasMenu() {
  const menu = useCanvas((canvas) => canvas.menu);
  if (!menu) return null;
  return (
    <Menu
      anchor={menu.anchor}
      label={menu.target.kind === "pane" ? "Canvas" : menu.target.kind}
      groups={groupsFor(menu.target, menu.anchor)}
      onClose={() => setCanvas({ menu: undefined })}
    />
  );
}

function groupsFor(target: MenuTarget, anchor: { x: number; y: number }): MenuItem[][] {
  switch (target.kind) {
    case "node":
      return nodeGroups(target.name);
    case "wire":
      return wireGroups(target.id, target.at, anchor);
    case "frame":
      return [
        items("node.rename"),
        colorItems(target.title),
        items("edit.copy", "edit.cut", "edit.duplicate"),
        items("edit.delete"),
      ];
    case "pane":
      return [
        [
          {
            title: "Add a node…",
            icon: Plus,
            keys: "Tab",
            run: () => setCanvas({ search: { at: target.at, screen: anchor } }),
          },
          { title: "Add a frame", run: () => addFrameHere(target.at) },
          { title: "Add a note", run: () => addNoteHere(target.at) },
        ],
        [
          { title: "Paste here", keys: "Mod+V", run: () => void pasteClipboard(target.at) },
          ...items("edit.select-all"),
        ],
        items("arrange.layout", "view.fit"),
      ];
  }
}

function nodeGroups(name: string): MenuItem[][] {
  return [
    items("run.to-node"),
    replacementItems(name),
    [
      ...(canPaintMask(name) ? [{ title: "Paint a mask…", icon: Brush, run: () => paintMask(name) }] : []),
      ...items("node.rename", "node.note", "node.fold", "node.mute", "node.bypass", "wires.keyboard"),
    ],
    exposureItems(name),
    isInstance(name) ? items("subgraph.open", "subgraph.unpack", "subgraph.detach") : items("subgraph.make"),
    items("edit.copy", "edit.cut", "edit.duplicate", "arrange.frame"),
    items("edit.delete"),
  ];
}

/** For a node of an unknown type, the types most like it by name. */
function replacementItems(name: string): MenuItem[] {
  const document = activeDocument();
  const node = document && nodeOf(document.graph, document.scope, name);
  if (!document || !node || portsOf(document.graph, node, catalog()).known) return [];
  const wanted = node.type.slice(node.type.indexOf("/") + 1);
  const similar = searchNodes(catalog(), wanted).slice(0, MOST_REPLACEMENTS);
  const choices = similar.length > 0 ? similar : searchNodes(catalog(), wanted.slice(0, 4)).slice(0, MOST_REPLACEMENTS);
  return choices.map(({ definition, title }) => ({
    title: `Replace by ${title}`,
    icon: Replace,
    run: () => edit("Replace the node", (graph, scope) => setType(graph, scope, [name], definition.id)),
  }));
}

function colorItems(title: string): MenuItem[] {
  return FRAME_COLORS.map(({ name, color }) => ({
    title: name,
    icon: color === undefined ? Square : Palette,
    run: () => edit("Color the frame", (graph, scope) => setFrameColor(graph, scope, title, color)),
  }));
}

function wireGroups(id: string, at: { x: number; y: number }, anchor: { x: number; y: number }): MenuItem[][] {
  const wire = wiresOf(activeBody() ?? { nodes: {} }).find((it) => it.id === id);
  const ends = wire && endsOf(wire);
  if (!wire || !ends) return [];
  const address = `${wire.from.node}.${wire.from.output}`;
  return [
    [
      { title: "Look at the value", icon: Eye, run: () => setCanvas({ peek: { address, anchor } }) },
      { title: "Insert a node…", icon: Plus, keys: "I", run: () => searchInto(wire, anchor) },
      { title: "Add a bend here", icon: Spline, run: () => bend(wire, at, ends.from, ends.to) },
    ],
    [{ title: "Remove the wire", icon: Trash2, danger: true, keys: "Delete", run: () => cut([id]) }],
    [{ title: "Cut wires with a stroke", icon: Eraser, keys: "Y", run: () => setCanvas({ tool: "cut" }) }],
  ];
}

function items(...ids: string[]): MenuItem[] {
  return ids.map((id) => fromCommand(command(id)));
}

function fromCommand({ title, keys, run, when, id }: Command): MenuItem {
  return {
    title,
    keys: keys[0],
    disabled: when ? !when() : false,
    danger: id === "edit.delete",
    run: () => void run(),
  };
}
