/** Commands that change what is shown around the document. */
import type { Command } from "./commands";
import { useView } from "./view";
import type { PanelName, Theme, ViewName } from "./view";

const view = () => useView.getState();

function viewCommand(name: ViewName, title: string, key: string): Command {
  return { id: `view.${name}`, title, group: "View", keys: [key], run: () => view().show(name) };
}

function panelCommand(name: PanelName, title: string, keys: string[]): Command {
  return { id: `panel.${name}`, title, group: "View", keys, run: () => view().toggle(name) };
}

function themeCommand(theme: Theme, title: string): Command {
  return { id: `theme.${theme}`, title, group: "View", keys: [], run: () => view().setTheme(theme) };
}

export const viewCommands: readonly Command[] = [
  { id: "view.commands", title: "Search commands", group: "View", keys: ["Mod+K"], run: () => view().setPalette(true) },
  viewCommand("graph", "Show as graph", "Alt+1"),
  viewCommand("form", "Show as form", "Alt+2"),
  viewCommand("list", "Show as list", "Alt+3"),
  panelCommand("node", "Node panel", ["I"]),
  panelCommand("queue", "Queue panel", ["Q"]),
  panelCommand("gallery", "Gallery panel", ["G"]),
  panelCommand("timeline", "Timeline panel", ["T"]),
  panelCommand("problems", "Problems panel", ["P"]),
  panelCommand("log", "Log panel", ["Shift+L"]),
  panelCommand("plugins", "Plugins panel", []),
  panelCommand("help", "Help and keys", ["?"]),
  {
    id: "view.compare",
    title: "Compare two pictures",
    group: "View",
    keys: [],
    run: () => view().openDialog({ name: "compare" }),
  },
  { id: "view.minimap", title: "Show or hide the minimap", group: "View", keys: ["Alt+M"], run: toggleMinimap },
  { id: "view.snap", title: "Snap to the grid: on or off", group: "View", keys: ["Alt+S"], run: toggleSnap },
  themeCommand("dark", "Dark theme"),
  themeCommand("light", "Light theme"),
  themeCommand("system", "Theme of the system"),
];

function toggleMinimap(): void {
  view().setMinimap(!view().minimap);
}

function toggleSnap(): void {
  view().setSnap(!view().snap);
  view().notify(view().snap ? "Nodes snap to the grid." : "Nodes move freely.");
}
