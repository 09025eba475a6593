/** What a definition says about a port besides its description. */
import type { Port } from "../../api/contract";

/** One line: `from 1 to 100, in steps of 1, px, default 20`. */
export function factsOf({ range, soft_range, step, unit, default: initial, choices, optional, list }: Port): string {
  const facts = [
    rangeText(range?.min, range?.max),
    soft_range && `usually ${rangeText(soft_range.min, soft_range.max)}`,
    step !== undefined && `in steps of ${step}`,
    unit,
    choices && `one of ${choices.map((choice) => choice.title ?? choice.key).join(", ")}`,
    initial !== undefined &&
      initial !== "" &&
      `default ${typeof initial === "string" ? `“${initial}”` : JSON.stringify(initial)}`,
    list && "takes several",
    optional && "may stay empty",
  ];
  return facts.filter((fact) => typeof fact === "string" && fact !== "").join(" · ");
}

function rangeText(min: number | string | undefined, max: number | string | undefined): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? "" : `at most ${max}`;
}
