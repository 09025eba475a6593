/** What is wrong with the document and what failed in its run; each entry leads to its place. */
import { CircleCheck, OctagonAlert, TriangleAlert } from "lucide-react";

import { useActivePart } from "../canvas/active";
import { useRuns } from "../runs/store";
import { Empty } from "./Empty";
import { jumpTo } from "./jump";
import { MissingPlugins } from "./plugins/MissingPlugins";
import { MissingModels } from "./problems/MissingModels";
import { problemItems, type ProblemItem } from "./problems/items";
import "./panels.css";

export function ProblemsPanel() {
  const problems = useActivePart((document) => document.problems) ?? [];
  const refusal = useRuns((runs) => runs.refusal);
  const current = useRuns((runs) => runs.current);
  const items = problemItems(problems, refusal, current);
  return (
    <div className="panel">
      <div className="panel-scroll">
        {items.length === 0 && (
          <Empty icon={CircleCheck} title="No problems">
            The document can run. What fails in a run appears here too.
          </Empty>
        )}
        <MissingPlugins />
        <MissingModels />
        <Group title="In the document" items={items.filter((item) => item.source === "document")} />
        <Group title="In the run" items={items.filter((item) => item.source === "run")} />
      </div>
    </div>
  );
}

function Group({ title, items }: { title: string; items: readonly ProblemItem[] }) {
  if (items.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul className="plain-list">
        {items.map((item) => (
          <li key={item.key}>
            <Entry item={item} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Entry({ item }: { item: ProblemItem }) {
  const { place, severity, where, text, hint } = item;
  const Icon = severity === "error" ? OctagonAlert : TriangleAlert;
  const contents = (
    <>
      <span className="problem-head">
        <Icon size={14} aria-hidden />
        <span className="visually-hidden">{severity}: </span>
        <strong>{where || "The document"}</strong>
      </span>
      <span>{text}</span>
      {hint && <span className="problem-hint">{hint}</span>}
    </>
  );
  if (!place) return <div className={`problem ${severity}`}>{contents}</div>;
  return (
    <button type="button" className={`problem ${severity}`} title="Show it in the graph" onClick={() => jumpTo(place)}>
      {contents}
    </button>
  );
}
