/** Everything that is wrong with the document and its run, in one list. */
import type { Problem, Run } from "../../api/contract";
import { placeOfRunNode } from "../../runs/names";
import type { Refusal } from "../../runs/store";
import { placeOfPath, type Place } from "../places";

/** One thing that is wrong. */
export interface ProblemItem {
  key: string;
  severity: "error" | "warning";
  /** Where it was noticed. */
  source: "document" | "run";
  /** Where it is: `t5 › text`; empty for the whole document. */
  where: string;
  /** What is wrong. */
  text: string;
  /** What to do. */
  hint?: string;
  place?: Place;
}

/** Problems of the document first, then why the run was refused, then failed nodes of the current run; each once. */
export function problemItems(
  problems: readonly Problem[],
  refusal: Refusal | undefined,
  current: Run | undefined,
): ProblemItem[] {
  const items = [...problems, ...(refusal?.problems ?? [])].map(itemOfProblem);
  if (refusal && refusal.problems.length === 0) {
    items.push({ key: "refusal", severity: "error", source: "run", where: "", text: refusal.message });
  }
  if (current) items.push(...failuresOf(current));
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

function itemOfProblem({ severity, code, path, expected, found, hint }: Problem): ProblemItem {
  const place = placeOfPath(path);
  return {
    key: `${code} ${path} ${found}`,
    severity,
    source: "document",
    where: place ? textOfPlace(place) : path,
    text: `Expected ${expected}, found ${found}.`,
    ...(hint === undefined ? {} : { hint }),
    ...(place ? { place } : {}),
  };
}

function failuresOf(run: Run): ProblemItem[] {
  const hint = "Change it and run again: nodes that were done before are taken from the cache.";
  const failed = Object.entries(run.nodes).filter(([, node]) => node.state === "failed");
  const items = failed.map(([name, { error, port }]): ProblemItem => {
    const place = { ...placeOfRunNode(run.graph, name), ...(port === undefined ? {} : { input: port }) };
    const where = port ? `${name} › ${port}` : name;
    return {
      key: `run ${name}`,
      severity: "error",
      source: "run",
      where,
      text: error ?? "The node failed.",
      hint,
      place,
    };
  });
  if (items.length > 0 || !run.error) return items;
  return [{ key: "run", severity: "error", source: "run", where: "", text: run.error }];
}

function textOfPlace({ scope, node, input }: Place): string {
  return [scope, node, input].filter((part) => part !== null && part !== undefined).join(" › ");
}
