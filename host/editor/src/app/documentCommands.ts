/** Commands about whole documents: open, save, share, undo. */
import { useDocuments } from "../documents/store";
import { openFileDialog } from "./files";
import type { Command } from "./commands";
import { useView } from "./view";

const documents = () => useDocuments.getState();
const active = () => documents().tabs.find((tab) => tab.key === documents().active);

export const documentCommands: readonly Command[] = [
  { id: "document.new", title: "New document", group: "Documents", keys: ["Alt+N"], run: newDocument },
  {
    id: "document.open",
    title: "Open a saved document",
    group: "Documents",
    keys: ["Mod+O"],
    run: () => useView.getState().openDialog({ name: "documents" }),
  },
  {
    id: "document.templates",
    title: "Open a template",
    group: "Documents",
    keys: ["Alt+O"],
    run: () => useView.getState().openDialog({ name: "templates" }),
  },
  {
    id: "document.import",
    title: "Open a file (JSON, PNG, bundle)",
    group: "Documents",
    keys: ["Mod+Shift+O"],
    run: openFileDialog,
  },
  { id: "document.save", title: "Save", group: "Documents", keys: ["Mod+S"], run: save },
  {
    id: "document.save-as",
    title: "Save as…",
    group: "Documents",
    keys: ["Mod+Shift+S"],
    run: () => useView.getState().openDialog({ name: "save-as" }),
  },
  {
    id: "document.share",
    title: "Share or export",
    group: "Documents",
    keys: ["Mod+E"],
    run: () => useView.getState().openDialog({ name: "share" }),
  },
  {
    id: "document.close",
    title: "Close the document",
    group: "Documents",
    keys: ["Alt+W"],
    run: () => documents().close(documents().active),
  },
  {
    id: "document.reopen",
    title: "Open the closed document again",
    group: "Documents",
    keys: ["Alt+Shift+T"],
    run: () => documents().reopen(),
  },
  { id: "document.next", title: "Next document", group: "Documents", keys: ["Alt+PageDown"], run: () => step(1) },
  {
    id: "document.previous",
    title: "Previous document",
    group: "Documents",
    keys: ["Alt+PageUp"],
    run: () => step(-1),
  },
  {
    id: "edit.undo",
    title: "Undo",
    group: "Edit",
    keys: ["Mod+Z"],
    when: () => active()?.canUndo ?? false,
    run: () => documents().undo(),
  },
  {
    id: "edit.redo",
    title: "Redo",
    group: "Edit",
    keys: ["Mod+Shift+Z", "Mod+Y"],
    when: () => active()?.canRedo ?? false,
    run: () => documents().redo(),
  },
];

function newDocument(): void {
  documents().newDocument();
  useView.getState().show("graph");
}

/** Saves; a document that was never saved asks for a name first. */
async function save(): Promise<void> {
  const document = active();
  if (!document) return;
  if (!document.saved) {
    useView.getState().openDialog({ name: "save-as" });
    return;
  }
  await documents().save();
}

function step(by: number): void {
  const { tabs, active: key, activate } = documents();
  const at = tabs.findIndex((tab) => tab.key === key);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  if (next) activate(next.key);
}
