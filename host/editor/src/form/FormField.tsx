/** One field of the form. */
import type { DragEvent } from "react";

import type { Document } from "../documents/store";
import { useDocuments } from "../documents/store";
import type { Json } from "../graph/document";
import { entry } from "../graph/record";
import { clearInput, setInput } from "../graph/values";
import { placeOfPath } from "../panels/places";
import { useRuns } from "../runs/store";
import { upload } from "../widgets/files";
import { InputWidget } from "../widgets/InputWidget";
import { FieldPicture } from "./FieldPicture";
import { labelOf, type Field } from "./fields";

export function FormField({ field, document }: { field: Field; document: Document }) {
  const { name, node, port, value, wired } = field;
  const failed = useRuns((runs) => entry(runs.current?.nodes, node));
  const edit = useDocuments((documents) => documents.edit);
  const label = labelOf(name);
  const problem = document.problems.find(({ path }) => {
    const place = placeOfPath(path);
    return place?.scope === null && place.node === node && place.input === port?.name;
  });
  const complaint =
    failed?.state === "failed" && failed.port === port?.name
      ? failed.error
      : problem && [`Expected ${problem.expected}, found ${problem.found}.`, problem.hint].filter(Boolean).join(" ");

  const set = (next: Json) => {
    if (port) edit(`Set ${name}`, (graph) => setInput(graph, null, node, port.name, next));
  };
  const drop = async (event: DragEvent) => {
    const [file] = event.dataTransfer.files;
    if (!file || port?.widget !== "file" || wired) return;
    event.preventDefault();
    const reference = await upload(file, file.name);
    if (reference !== undefined) set(reference);
  };

  return (
    <div className={`form-field ${complaint ? "invalid" : ""}`} onDrop={(event) => void drop(event)}>
      <div className="form-label">
        <span>{label}</span>
        {port?.unit && <span className="muted">{port.unit}</span>}
      </div>
      {port?.widget === "file" && <FieldPicture reference={value ?? port.default} label={label} />}
      {port && !wired && (
        <InputWidget
          port={port}
          value={value}
          set={set}
          clear={() => edit(`Reset ${name}`, (graph) => clearInput(graph, null, node, port.name))}
          label={label}
          place={{ document: document.key, scope: null, node }}
        />
      )}
      {wired && <p className="muted">The value comes from another node through a wire.</p>}
      {!port && (
        <p className="run-error">There is no such input in the graph: the node “{node}” or its input is gone.</p>
      )}
      {complaint && <p className="run-error">{complaint}</p>}
      {port?.tooltip && <p className="form-hint">{port.tooltip}</p>}
    </div>
  );
}
