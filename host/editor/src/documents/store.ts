/** The open documents: tabs, undo, selection, saving. */
import { create } from "zustand";
import { editing, type Editing } from "./editing";
import { saving, type Saving } from "./saving";
import { type Tabs, tabsOf, type TabsState } from "./tabs";

export type { Document } from "./document";

export type Documents = TabsState & Editing & Saving;

export const useDocuments = create<Documents>()((set, get) => {
  const tabs = tabsOf(set, get);
  return { tabs: [], active: "", ...editing(tabs), ...saving(tabs) };
});

/** The open documents, for code that is no component. */
export const documents: Tabs = tabsOf(useDocuments.setState, useDocuments.getState);
