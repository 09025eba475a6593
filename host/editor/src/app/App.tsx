/** The editor as a whole: bar, document in one of its views, panel, dialogs. */
import { useEffect, useState } from "react";
import { Canvas } from "../canvas/Canvas";
import { FormView } from "../form/FormView";
import { Bars } from "../panels/Bars";
import { Dialogs } from "../panels/Dialogs";
import { DropTarget } from "../panels/DropTarget";
import { ListView } from "../panels/ListView";
import { LoginScreen } from "../panels/LoginScreen";
import { RunAnnouncer } from "../panels/RunAnnouncer";
import { Button } from "../ui/Button";
import { MaskDialog } from "../widgets/mask/MaskDialog";
import "./app.css";
import { boot } from "./boot";
import { CommandPalette } from "./CommandPalette";
import { Notices } from "./Notices";
import { PanelStrip, SidePanel } from "./SidePanel";
import { TopBar } from "./TopBar";
import { useShortcuts } from "./useShortcuts";
import { useTheme } from "./useTheme";
import { useView } from "./view";

type Start = { state: "starting" } | { state: "ready" } | { state: "failed"; why: string };

/** One start for the page, also when React mounts twice while developing. */
let started: Promise<void> | undefined;

export function App() {
  const [start, setStart] = useState<Start>({ state: "starting" });
  const login = useView((view) => view.login);
  useTheme();
  useEffect(() => {
    let gone = false;
    started ??= boot();
    started.then(
      () => !gone && setStart({ state: "ready" }),
      (error: unknown) =>
        !gone && setStart({ state: "failed", why: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      gone = true;
    };
  }, []);
  return (
    <>
      {start.state === "ready" && <Shell />}
      {start.state === "starting" && !login && <p className="starting">Wirebrush starts…</p>}
      {start.state === "failed" && <StartFailed why={start.why} />}
      {login && <LoginScreen />}
      <Notices />
    </>
  );
}

function Shell() {
  const view = useView((state) => state.view);
  useShortcuts();
  return (
    <DropTarget>
      <div className="shell">
        <TopBar />
        <Bars />
        <div className="stage">
          <main className="document-view">
            {view === "graph" && <Canvas />}
            {view === "form" && <FormView />}
            {view === "list" && <ListView />}
          </main>
          <SidePanel />
          <PanelStrip />
        </div>
        <Dialogs />
        <CommandPalette />
        <MaskDialog />
        <RunAnnouncer />
      </div>
    </DropTarget>
  );
}

function StartFailed({ why }: { why: string }) {
  return (
    <div className="starting" role="alert">
      <h1>The server does not answer</h1>
      <p>{why}</p>
      <p>
        Start it with <code>wirebrush serve</code>, then try again.
      </p>
      <Button tone="primary" onClick={() => window.location.reload()}>
        Try again
      </Button>
    </div>
  );
}
