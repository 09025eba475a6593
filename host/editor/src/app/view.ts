/** What is open around the canvas: view, panel, dialog, theme. Nothing here belongs to a document. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

/** The three faces of one document. */
export type ViewName = "graph" | "form" | "list";

/** What the side panel can show. */
export type PanelName = "node" | "queue" | "gallery" | "timeline" | "problems" | "log" | "plugins" | "help";

/** What can lie over everything; `compare` may say which pictures it starts with (asset hashes). */
export type DialogState =
  | { name: "documents" }
  | { name: "templates" }
  | { name: "share" }
  | { name: "save-as" }
  | { name: "compare"; before?: string; after?: string };

/** `system` follows the operating system. */
export type Theme = "system" | "dark" | "light";

/** A place of the active document somebody asks to see: a path such as `nodes.t5.inputs.text` or a node's name. */
export interface Reveal {
  node: string;
  input?: string;
  /** Rises with every request, so that asking twice for the same place is seen twice. */
  count: number;
}

/** A sentence that is shown for a few seconds. */
export interface Notice {
  id: number;
  text: string;
  tone: "info" | "success" | "error";
}

interface View {
  view: ViewName;
  panel: PanelName | undefined;
  /** Of the side panel, in CSS pixels. */
  panelWidth: number;
  dialog: DialogState | undefined;
  theme: Theme;
  minimap: boolean;
  snap: boolean;
  /** Whether the command palette is open. */
  palette: boolean;
  /** Whether the server wants a token before it answers. */
  login: boolean;
  reveal: Reveal | undefined;
  notices: Notice[];
  show(view: ViewName): void;
  open(panel: PanelName): void;
  /** Opens the panel, or closes it when it is the open one. */
  toggle(panel: PanelName): void;
  closePanel(): void;
  setPanelWidth(width: number): void;
  openDialog(dialog: DialogState): void;
  closeDialog(): void;
  setTheme(theme: Theme): void;
  setMinimap(shown: boolean): void;
  setSnap(on: boolean): void;
  setPalette(open: boolean): void;
  setLogin(required: boolean): void;
  /** Shows the graph and brings a node, and one of its inputs, into sight. */
  revealNode(node: string, input?: string): void;
  notify(text: string, tone?: Notice["tone"]): void;
  dismiss(id: number): void;
}

const NOTICE_MS = 6000;
const NARROWEST_PANEL = 260;
const WIDEST_PANEL = 720;
let noticeCount = 0;

/** State of the shell; theme, panel and canvas switches are remembered by the browser. */
export const useView = create<View>()(
  persist(
    (set, get) => ({
      view: "graph",
      panel: undefined,
      panelWidth: 340,
      dialog: undefined,
      theme: "system",
      minimap: true,
      snap: false,
      palette: false,
      login: false,
      reveal: undefined,
      notices: [],
      show: (view) => set({ view }),
      open: (panel) => set({ panel }),
      toggle: (panel) => set({ panel: get().panel === panel ? undefined : panel }),
      closePanel: () => set({ panel: undefined }),
      setPanelWidth: (width) =>
        set({ panelWidth: Math.round(Math.min(WIDEST_PANEL, Math.max(NARROWEST_PANEL, width))) }),
      openDialog: (dialog) => set({ dialog, palette: false }),
      closeDialog: () => set({ dialog: undefined }),
      setTheme: (theme) => set({ theme }),
      setMinimap: (minimap) => set({ minimap }),
      setSnap: (snap) => set({ snap }),
      setPalette: (palette) => set({ palette }),
      setLogin: (login) => set({ login }),
      revealNode: (node, input) =>
        set({
          view: "graph",
          reveal: { node, ...(input === undefined ? {} : { input }), count: (get().reveal?.count ?? 0) + 1 },
        }),
      notify: (text, tone = "info") => {
        noticeCount += 1;
        const id = noticeCount;
        set({ notices: [...get().notices.filter((notice) => notice.text !== text), { id, text, tone }] });
        setTimeout(() => get().dismiss(id), NOTICE_MS);
      },
      dismiss: (id) => set({ notices: get().notices.filter((notice) => notice.id !== id) }),
    }),
    {
      name: "wirebrush-view",
      partialize: ({ view, panel, panelWidth, theme, minimap, snap }) => ({
        view,
        panel,
        panelWidth,
        theme,
        minimap,
        snap,
      }),
    },
  ),
);
