/** The panel beside the document and the strip of buttons that opens it. */
import {
  CircleHelp,
  GalleryHorizontalEnd,
  ListOrdered,
  Plug,
  ScrollText,
  SlidersHorizontal,
  Timer,
  TriangleAlert,
  X,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { useRef } from "react";
import type { ComponentType, PointerEvent } from "react";
import { useActivePart } from "../canvas/active";
import { GalleryPanel } from "../panels/GalleryPanel";
import { HelpPanel } from "../panels/HelpPanel";
import { LogPanel } from "../panels/LogPanel";
import { NodePanel } from "../panels/NodePanel";
import { PluginsPanel } from "../panels/PluginsPanel";
import { ProblemsPanel } from "../panels/ProblemsPanel";
import { QueuePanel } from "../panels/QueuePanel";
import { TimelinePanel } from "../panels/TimelinePanel";
import { useRuns } from "../runs/store";
import { IconButton } from "../ui/Button";
import { command } from "./commands";
import { useView } from "./view";
import type { PanelName } from "./view";

const PANELS: Record<PanelName, { title: string; icon: LucideIcon; contents: ComponentType }> = {
  node: { title: "Node", icon: SlidersHorizontal, contents: NodePanel },
  queue: { title: "Queue", icon: ListOrdered, contents: QueuePanel },
  gallery: { title: "Gallery", icon: GalleryHorizontalEnd, contents: GalleryPanel },
  timeline: { title: "Timeline", icon: Timer, contents: TimelinePanel },
  problems: { title: "Problems", icon: TriangleAlert, contents: ProblemsPanel },
  log: { title: "Log", icon: ScrollText, contents: LogPanel },
  plugins: { title: "Plugins", icon: Plug, contents: PluginsPanel },
  help: { title: "Help", icon: CircleHelp, contents: HelpPanel },
};

const NAMES = Object.keys(PANELS) as PanelName[];
const KEY_STEP = 20;

/** The buttons at the right edge. */
export function PanelStrip() {
  const open = useView((view) => view.panel);
  const toggle = useView((view) => view.toggle);
  const problems = useActivePart((document) => document.problems.length) ?? 0;
  const queued = useRuns(
    (runs) => runs.runs.filter((run) => run.status === "queued" || run.status === "running").length,
  );
  const counts: Partial<Record<PanelName, number>> = { problems, queue: queued };
  return (
    <nav className="panel-strip" aria-label="Panels">
      {NAMES.map((name) => {
        const { title, icon } = PANELS[name];
        const count = counts[name] ?? 0;
        return (
          <span key={name} className="strip-place">
            <IconButton
              icon={icon}
              label={count > 0 ? `${title}: ${count}` : title}
              keys={command(`panel.${name}`).keys[0]}
              pressed={open === name}
              iconSize={17}
              onClick={() => toggle(name)}
            />
            {count > 0 && (
              <span className={`strip-count ${name}`} aria-hidden>
                {count > 99 ? "99+" : count}
              </span>
            )}
          </span>
        );
      })}
    </nav>
  );
}

export function SidePanel() {
  const name = useView((view) => view.panel);
  const width = useView((view) => view.panelWidth);
  if (!name) return null;
  const { title, contents: Contents } = PANELS[name];
  return (
    <aside className="side-panel" style={{ width }} aria-label={title}>
      <Splitter width={width} />
      <header className="panel-head">
        <h2>{title}</h2>
        <IconButton icon={X} label={`Close ${title}`} onClick={() => useView.getState().closePanel()} />
      </header>
      <div className="panel-body">
        <Contents />
      </div>
    </aside>
  );
}

/** The edge that is dragged, or moved with the arrow keys, to make the panel wider. */
function Splitter({ width }: { width: number }) {
  const start = useRef<{ x: number; width: number }>(undefined);
  const setWidth = useView.getState().setPanelWidth;
  return (
    <div
      className="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuenow={width}
      tabIndex={0}
      onPointerDown={(event: PointerEvent) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (start.current) setWidth(start.current.width + start.current.x - event.clientX);
      }}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") setWidth(width + KEY_STEP);
        else if (event.key === "ArrowRight") setWidth(width - KEY_STEP);
      }}
    />
  );
}
