/** The bar at the top: documents, undo, views, run, panels. */
import {
  Command as CommandIcon,
  FolderOpen,
  LayoutTemplate,
  ListTree,
  Menu as MenuIcon,
  Redo2,
  Save,
  Share2,
  SquareStack,
  TextCursorInput,
  Undo2,
  Workflow,
} from "lucide-react";
import { useState } from "react";
import { useActivePart } from "../canvas/active";
import { useDocuments } from "../documents/store";
import { IconButton } from "../ui/Button";
import { Menu } from "../ui/Menu";
import type { MenuItem } from "../ui/Menu";
import { command } from "./commands";
import { RunBar } from "./RunBar";
import { Tabs } from "./Tabs";
import { runCommand } from "./useShortcuts";
import { useView } from "./view";
import type { ViewName } from "./view";

const VIEWS: { name: ViewName; icon: typeof Workflow; title: string; keys: string }[] = [
  { name: "graph", icon: Workflow, title: "Graph", keys: "Alt+1" },
  { name: "form", icon: TextCursorInput, title: "Form", keys: "Alt+2" },
  { name: "list", icon: ListTree, title: "List", keys: "Alt+3" },
];

export function TopBar() {
  return (
    <header className="top-bar">
      <MainMenu />
      <Tabs />
      <DocumentButtons />
      <ViewSwitch />
      <RunBar />
    </header>
  );
}

function MainMenu() {
  const [anchor, setAnchor] = useState<DOMRect>();
  return (
    <>
      <button
        type="button"
        className="brand"
        aria-haspopup="menu"
        aria-label="Wirebrush menu"
        onClick={(event) => setAnchor(event.currentTarget.getBoundingClientRect())}
      >
        <MenuIcon size={16} aria-hidden />
        <span className="brand-name">Wirebrush</span>
      </button>
      {anchor && (
        <Menu
          anchor={anchor}
          label="Wirebrush"
          onClose={() => setAnchor(undefined)}
          groups={[
            [
              item("document.new", SquareStack),
              item("document.templates", LayoutTemplate),
              item("document.open", FolderOpen),
              item("document.import"),
            ],
            [item("document.save", Save), item("document.save-as"), item("document.share", Share2)],
            [item("view.commands", CommandIcon), item("view.compare"), item("panel.plugins"), item("panel.help")],
            [item("theme.dark"), item("theme.light"), item("theme.system")],
          ]}
        />
      )}
    </>
  );
}

function DocumentButtons() {
  const canUndo = useActivePart((document) => document.canUndo) ?? false;
  const canRedo = useActivePart((document) => document.canRedo) ?? false;
  const undoLabel = useActivePart((document) => document.undoLabel);
  const redoLabel = useActivePart((document) => document.redoLabel);
  const dirty = useActivePart((document) => document.dirty) ?? false;
  const { undo, redo } = useDocuments.getState();
  return (
    <div className="bar-group">
      <IconButton
        icon={Undo2}
        label={undoLabel ? `Undo: ${undoLabel}` : "Undo"}
        keys="Mod+Z"
        disabled={!canUndo}
        onClick={undo}
      />
      <IconButton
        icon={Redo2}
        label={redoLabel ? `Redo: ${redoLabel}` : "Redo"}
        keys="Mod+Shift+Z"
        disabled={!canRedo}
        onClick={redo}
      />
      <IconButton
        icon={Save}
        label={dirty ? "Save" : "Saved"}
        keys="Mod+S"
        onClick={() => void runCommand(command("document.save"))}
      />
      <IconButton
        icon={Share2}
        label="Share or export"
        keys="Mod+E"
        onClick={() => void runCommand(command("document.share"))}
      />
    </div>
  );
}

function ViewSwitch() {
  const view = useView((state) => state.view);
  const show = useView((state) => state.show);
  return (
    <div className="view-switch" role="radiogroup" aria-label="View">
      {VIEWS.map(({ name, icon: Icon, title, keys }) => (
        <button
          key={name}
          type="button"
          role="radio"
          aria-checked={view === name}
          title={`${title} (${keys})`}
          onClick={() => show(name)}
        >
          <Icon size={14} aria-hidden />
          <span>{title}</span>
        </button>
      ))}
    </div>
  );
}

function item(id: string, icon?: MenuItem["icon"]): MenuItem {
  const found = command(id);
  return {
    title: found.title,
    keys: found.keys[0],
    disabled: found.when ? !found.when() : false,
    ...(icon ? { icon } : {}),
    run: () => void runCommand(found),
  };
}
