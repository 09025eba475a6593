/** The plugins as the server has them, followed while a panel shows them. */
import { useEffect } from "react";
import { create } from "zustand";

import type { PluginInfo, PluginList } from "../../api/contract";
import { live } from "../../api/live";
import { plugins } from "../../api/plugins";
import { act } from "../act";

const useStore = create<{ readonly list: PluginList | undefined }>()(() => ({ list: undefined }));

async function load(): Promise<void> {
  const list = await act(plugins.list);
  if (list !== undefined) useStore.setState({ list });
}

/** The plugins; undefined until the server said. */
export function usePlugins(): PluginList | undefined {
  useEffect(() => {
    void load();
    return live.listen({
      onEvent: ({ type }) => {
        if (type === "plugins-changed" || type === "reset") void load();
      },
    });
  }, []);
  return useStore((state) => state.list);
}

/** Whether a plugin waits for the user to trust it as it is now. */
export function needsApproval({ status, native, permissions, granted }: PluginInfo): boolean {
  if (status === "disabled") return false;
  return permissions.some((permission) => !granted.includes(permission)) || (native && status === "refused");
}
