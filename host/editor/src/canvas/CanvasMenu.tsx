/** The context menus of nodes, wires, frames and the empty canvas; every item is a command or acts on what was pressed. */
import { Brush, Eye, Eraser, Plus, Spline, Trash2 } from "lucide-react";
import { command } from "../app/commands";
import type { Command } from "../app/commands";
import { wiresOf } from "../graph/wires";
import type { MenuItem } from "../ui/Menu";
import { Menu } from "../ui/Menu";
import { activeBody } from "./active";
import { addFrameHere, addNoteHere, pasteClipboard } from "./actions/nodes";
import { exposureItems } from "./exposureItems";
import { isInstance } from "./actions/subgraphs";
import { bend, cut } from "./actions/wires";
import { canPaintMask, paintMask } from "./actions/masks";
import { setCanvas, useCanvas } from "./store";
import type { MenuTarget } from "./store";
import { endsOf } from "./wireEnds";

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
      return [items("node.rename"), items("edit.delete")];
    case "pane":
      return [
        [
          { title: "Add a node…", icon: Plus, keys: "Tab", run: () => setCanvas({ search: { at: target.at, screen: anchor } }) },
          { title: "Add a frame", run: () => addFrameHere(target.at) },
          { title: "Add a note", run: () => addNoteHere(target.at) },
        ],
        [{ title: "Paste here", keys: "Mod+V", run: () => void pasteClipboard(target.at) }, ...items("edit.select-all")],
        items("arrange.layout", "view.fit"),
      ];
  }
}

function nodeGroups(name: string): MenuItem[][] {
  return [
    items("run.to-node"),
    [
      ...(canPaintMask(name) ? [{ title: "Paint a mask…", icon: Brush, run: () => paintMask(name) }] : []),
      ...items("node.rename", "node.note", "node.fold", "node.mute", "node.bypass", "wires.keyboard"),
    ],
    exposureItems(name),
    isInstance(name) ? items("subgraph.open", "subgraph.unpack") : items("subgraph.make"),
    items("edit.copy", "edit.cut", "edit.duplicate", "arrange.frame"),
    items("edit.delete"),
  ];
}

function wireGroups(id: string, at: { x: number; y: number }, anchor: { x: number; y: number }): MenuItem[][] {
  const wire = wiresOf(activeBody() ?? { nodes: {} }).find((it) => it.id === id);
  const ends = wire && endsOf(wire);
  if (!wire || !ends) return [];
  const address = `${wire.from.node}.${wire.from.output}`;
  return [
    [
      { title: "Look at the value", icon: Eye, run: () => setCanvas({ peek: { address, anchor } }) },
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
