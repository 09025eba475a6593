/** Plugins of the server's index that have what the active document lacks. */
import { Download, PackageSearch } from "lucide-react";
import { useEffect, useState } from "react";

import type { IndexOffer } from "../../api/contract";
import { plugins } from "../../api/plugins";
import { useActivePart } from "../../canvas/active";
import { useCatalog } from "../../documents/catalog";
import { Button } from "../../ui/Button";
import { act } from "../act";
import { install } from "./actions";
import { missingTypes } from "./missing";
import "../panels.css";

/** An offer with the missing nodes it has. */
interface Remedy {
  readonly offer: IndexOffer;
  readonly nodes: readonly string[];
}

export function MissingPlugins() {
  const catalog = useCatalog();
  const missing = useActivePart((document) => missingTypes(document.graph, catalog).join(" ")) ?? "";
  const remedies = useRemedies(missing);
  if (remedies.length === 0) return null;
  return (
    <section aria-label="Missing plugins">
      <h3>Missing plugins</h3>
      <ul className="plain-list">
        {remedies.map(({ offer, nodes }) => (
          <li key={offer.id} className="plugin-offer">
            <PackageSearch size={14} aria-hidden />
            <span>
              <strong>{offer.title || offer.id}</strong> {offer.version} has {nodes.join(", ")}
              <span className="muted">
                {" "}
                {offer.publisher && `by ${offer.publisher} · `}
                {offer.native ? "native code" : "sandboxed"}
              </span>
            </span>
            <Button size="small" icon={Download} onClick={() => void install({ id: offer.id, version: offer.version })}>
              Install
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Asks the index for node types joined by spaces. */
function useRemedies(missing: string): readonly Remedy[] {
  const [remedies, setRemedies] = useState<readonly Remedy[]>([]);
  useEffect(() => {
    let current = true;
    void act(() => remediesFor(missing === "" ? [] : missing.split(" "))).then((found) => {
      if (current) setRemedies(found ?? []);
    });
    return () => {
      current = false;
    };
  }, [missing]);
  return remedies;
}

async function remediesFor(types: readonly string[]): Promise<Remedy[]> {
  const remedies = new Map<string, Remedy>();
  for (const node of types) {
    const offers = await plugins.find(node);
    if (offers === undefined) return [];
    const [offer] = offers;
    if (offer) remedies.set(offer.id, { offer, nodes: [...(remedies.get(offer.id)?.nodes ?? []), node] });
  }
  return [...remedies.values()];
}
