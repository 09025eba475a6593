/** The server's routes for plugins as functions. */
import type { Consent, IndexOffer, PluginChanges, PluginList, WantedPlugin } from "./contract";
import { ApiFailure, send } from "./request";

/**
 * Each function is one route and throws {@link ApiFailure}. What gives a plugin more than it had fails with
 * {@link consentOf} until it is called with the `confirm` of that.
 */
export const plugins = {
  list: (): Promise<PluginList> => send("GET", "plugins"),
  /** What the server's index offers for a node; undefined when it has no index. */
  find: async (node: string): Promise<IndexOffer[] | undefined> => {
    try {
      return (await send<{ offers: IndexOffer[] }>("GET", "plugins/find", { query: { node } })).offers;
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  },
  install: (wanted: WantedPlugin, confirm?: string): Promise<PluginChanges> =>
    send("POST", "plugins/install", { json: wanted, query: { confirm } }),
  upload: (file: Blob, confirm?: string): Promise<PluginChanges> =>
    send("POST", "plugins/upload", { bytes: file, query: { confirm } }),
  approve: (id: string, confirm?: string): Promise<PluginChanges> =>
    send("POST", `${place(id)}/approve`, { json: {}, query: { confirm } }),
  disable: (id: string): Promise<PluginChanges> => send("POST", `${place(id)}/disable`, { json: {} }),
  enable: (id: string): Promise<PluginChanges> => send("POST", `${place(id)}/enable`, { json: {} }),
  /** Makes an installed version the one that is used. */
  activate: (id: string, version: string): Promise<PluginChanges> =>
    send("POST", `${place(id)}/activate`, { json: { version } }),
  /** Removes one version, or the plugin with all of them. */
  remove: (id: string, version?: string): Promise<PluginChanges> => send("DELETE", place(id), { query: { version } }),
};

function place(id: string): string {
  return `plugins/${encodeURIComponent(id)}`;
}

/** What the user has to agree to before a request that failed like this can succeed. */
export function consentOf(error: unknown): Consent | undefined {
  return error instanceof ApiFailure && error.code === "consent-required" ? error.error.consent : undefined;
}
