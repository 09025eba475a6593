/** What happens once when the page opens: login, definitions, documents, events. */
import { api, onLoginRequired } from "../api/client";
import { live } from "../api/live";
import { loadCatalog } from "../documents/catalog";
import { restoreDocuments } from "../documents/session";
import { useDocuments } from "../documents/store";
import { startRuns } from "../runs/connection";
import { useView } from "./view";

const TOKEN = /^#token=(.+)$/;

/** Opens the session; resolves when there is something to show. Waits for the login where one is needed. */
export async function boot(): Promise<void> {
  onLoginRequired(() => useView.getState().setLogin(true));
  await useTokenOfAddress();
  const health = await api.health();
  if (health.login_required) {
    useView.getState().setLogin(true);
    await loggedIn();
  }
  await loadCatalog();
  const restored = await restoreDocuments();
  if (!restored) await openFirstTemplate();
  startRuns();
  live.start();
}

/** The address the server prints carries the token after `#`; it is used once and taken out of the address. */
async function useTokenOfAddress(): Promise<void> {
  const [, token] = TOKEN.exec(window.location.hash) ?? [];
  if (token === undefined) return;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  try {
    await api.login(decodeURIComponent(token));
  } catch {
    // The login screen asks for the right one.
  }
}

function loggedIn(): Promise<void> {
  return new Promise((resolve) => {
    const stop = useView.subscribe((view) => {
      if (view.login) return;
      stop();
      resolve();
    });
  });
}

/** The first start shows an example that is ready to run. */
async function openFirstTemplate(): Promise<void> {
  const [first] = await api.templates().catch(() => []);
  if (first) useDocuments.getState().openTemplate(first);
  else useDocuments.getState().newDocument();
}
