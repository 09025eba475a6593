/** The order in which nodes can run. */
import type { Body } from "../graph/document";
import { linksOf, sourceOf } from "../graph/links";

/** Names of nodes, each after those it takes something from; of a circle, in the order of the document. */
export function topological(body: Body): string[] {
  const waiting = new Map<string, number>();
  const users = new Map<string, string[]>();
  for (const [name, node] of Object.entries(body.nodes)) {
    const needs = new Set(linksOf(node).map(({ link }) => sourceOf(link)?.node));
    const known = [...needs].filter(
      (source) => source !== undefined && source !== name && Object.hasOwn(body.nodes, source),
    );
    waiting.set(name, known.length);
    for (const source of known) users.set(source ?? "", [...(users.get(source ?? "") ?? []), name]);
  }
  const order: string[] = [];
  const ready = [...waiting].filter(([, count]) => count === 0).map(([name]) => name);
  for (let name = ready.shift(); name !== undefined; name = ready.shift()) {
    order.push(name);
    waiting.delete(name);
    for (const user of users.get(name) ?? []) {
      const left = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  return [...order, ...waiting.keys()];
}
