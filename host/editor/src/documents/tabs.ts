/** Reading and changing the open documents, for everything that the store is made of. */
import type { Document } from "./document";

export interface TabsState {
  readonly tabs: readonly Document[];
  /** Key of the document in front; empty before the first one is open. */
  readonly active: string;
}

export interface Tabs {
  state(): TabsState;
  replace(state: Partial<TabsState>): void;
  /** The open document with this key. */
  document(key: string): Document | undefined;
  /** The document in front. */
  active(): Document | undefined;
  /** Changes one open document; a key of none is ignored. */
  update(key: string, map: (document: Document) => Document): void;
  /** Changes the document in front. */
  change(map: (document: Document) => Document): void;
  /** Opens a document in a tab behind the one in front, and brings it to the front. */
  add(document: Document): void;
}

/** Access to a store that has the open documents. */
export function tabsOf(set: (state: Partial<TabsState>) => void, get: () => TabsState): Tabs {
  const document = (key: string) => get().tabs.find((tab) => tab.key === key);
  const update = (key: string, map: (document: Document) => Document) => {
    const before = document(key);
    const after = before && map(before);
    if (after !== undefined && after !== before) set({ tabs: get().tabs.map((tab) => (tab === before ? after : tab)) });
  };
  return {
    state: get,
    replace: set,
    document,
    active: () => document(get().active),
    update,
    change: (map) => update(get().active, map),
    add: (added) => {
      const { tabs, active } = get();
      const at = tabs.findIndex((tab) => tab.key === active);
      set({ tabs: tabs.toSpliced(at + 1, 0, added), active: added.key });
    },
  };
}

/** A key for a new tab. */
export function newKey(): string {
  // `randomUUID` needs a secure context, which a server in the local network is not.
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
