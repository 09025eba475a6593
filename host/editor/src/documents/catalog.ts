/** The definitions of the server's nodes, fetched once and again when plugins change. */
import { create } from "zustand";
import { api } from "../api/client";
import type { Nodes } from "../api/contract";
import { Catalog } from "../graph/catalog";

interface CatalogState {
  readonly catalog: Catalog;
  /** What the server said; undefined until then. */
  readonly info: Nodes | undefined;
}

const EMPTY = new Catalog([]);

export const useCatalogStore = create<CatalogState>()(() => ({ catalog: EMPTY, info: undefined }));

/** The definitions of the plugins at hand; empty until the server said. */
export function useCatalog(): Catalog {
  return useCatalogStore((state) => state.catalog);
}

/** Plugins with their state, and their nodes. */
export function useNodesInfo(): Nodes | undefined {
  return useCatalogStore((state) => state.info);
}

/**
 * Fetches the definitions.
 *
 * @throws ApiFailure
 */
export async function loadCatalog(): Promise<void> {
  setNodes(await api.nodes());
}

/** Takes these definitions for the server's. */
export function setNodes(info: Nodes): void {
  useCatalogStore.setState({ info, catalog: new Catalog(info.nodes) });
}

/** Versions of the plugins that are loaded. */
export function pluginVersions(): ReadonlyMap<string, string> {
  const plugins = useCatalogStore.getState().info?.plugins ?? [];
  return new Map(plugins.filter((plugin) => plugin.state === "loaded").map((plugin) => [plugin.id, plugin.version]));
}
