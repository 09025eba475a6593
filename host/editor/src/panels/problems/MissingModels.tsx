/** What could take the place of models that the active document names and that are not here. */
import { Box, Replace } from "lucide-react";
import { useEffect, useState } from "react";

import { api } from "../../api/client";
import type { Model } from "../../api/contract";
import { edit, useActive } from "../../canvas/active";
import { Button } from "../../ui/Button";
import { aboutModel } from "../../widgets/models";
import { missingModels, replaceModel, substitutesFor } from "./missingModels";

/** So many substitutes are offered; the input itself lists all models. */
const OFFERED = 5;

export function MissingModels() {
  const document = useActive();
  const missing = document ? missingModels(document.problems, document.graph) : [];
  const models = useModels(missing.map(({ name }) => name).join("\n"));
  if (!document) return null;
  const remedies = missing
    .map((model) => ({ ...model, substitutes: substitutesFor(model.name, document.graph, models).slice(0, OFFERED) }))
    .filter(({ substitutes }) => substitutes.length > 0);
  if (remedies.length === 0) return null;
  return (
    <section aria-label="Missing models">
      <h3>Missing models</h3>
      <ul className="plain-list">
        {remedies.map(({ name, places, substitutes }) => (
          <li key={name} className="problem-remedy">
            <Box size={14} aria-hidden />
            <span>
              <strong>{name}</strong> <span className="muted">is not here; of the same family:</span>
            </span>
            {substitutes.map((model) => (
              <Button
                key={model.name}
                size="small"
                icon={Replace}
                hint={aboutModel(model)}
                onClick={() => edit(`Use ${model.name}`, (graph) => replaceModel(graph, places, model.name))}
              >
                Use {model.name}
              </Button>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The models that are here, asked anew when other ones (a name a line) are missing; none while nothing is. */
function useModels(missing: string): readonly Model[] {
  const [models, setModels] = useState<readonly Model[]>([]);
  useEffect(() => {
    if (missing === "") return;
    let current = true;
    api.models().then(
      (found) => current && setModels(found),
      () => current && setModels([]),
    );
    return () => {
      current = false;
    };
  }, [missing]);
  return models;
}
