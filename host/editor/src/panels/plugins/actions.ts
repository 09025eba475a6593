/** What a user can do to plugins; failures are shown. The server's event brings the lists up to date. */
import { useView } from "../../app/view";
import type { PluginChanges, WantedPlugin } from "../../api/contract";
import { plugins } from "../../api/plugins";
import { act } from "../act";
import { withConsent } from "./consent";

/** Installs package files one after the other. */
export async function installFiles(files: Iterable<File>): Promise<void> {
  for (const file of files) await done("Install", (confirm) => plugins.upload(file, confirm));
}

/** Installs a plugin that the server fetches. Says whether it is there. */
export async function install(wanted: WantedPlugin): Promise<boolean> {
  return done("Install", (confirm) => plugins.install(wanted, confirm));
}

/** Trusts a plugin as it is now. */
export async function approve(id: string): Promise<void> {
  await done("Trust", (confirm) => plugins.approve(id, confirm));
}

async function done(verb: string, request: (confirm?: string) => Promise<PluginChanges>): Promise<boolean> {
  const changes = await act(() => withConsent(request, verb));
  if (changes === undefined) return false;
  const now = [...changes.added, ...changes.changed];
  useView.getState().notify(now.length === 0 ? "Nothing has changed." : `Ready: ${now.join(", ")}.`);
  return true;
}
