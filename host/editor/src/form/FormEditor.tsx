/** Which inputs the form has, under which names, in which order. */
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";

import { attempt, edit } from "../canvas/active";
import { useCatalog } from "../documents/catalog";
import type { Document } from "../documents/store";
import { portTitle, type Catalog } from "../graph/catalog";
import type { Graph } from "../graph/document";
import { expose, renameExposed, unexpose } from "../graph/exposed";
import { isWired } from "../graph/links";
import { portsOf } from "../graph/ports";
import { entry } from "../graph/record";
import { IconButton } from "../ui/Button";
import { controlFor } from "../widgets/choose";
import { moveField, type Field } from "./fields";

export function FormEditor({ document, fields }: { document: Document; fields: readonly Field[] }) {
  const catalog = useCatalog();
  const left = inputsLeft(document.graph, catalog, fields);
  return (
    <div className="form-editor">
      <h2>Fields</h2>
      {fields.length === 0 && <p className="muted">None yet.</p>}
      <ol className="plain-list">
        {fields.map((field, index) => (
          <EditedField key={field.name} field={field} index={index} count={fields.length} catalog={catalog} />
        ))}
      </ol>
      <h2>Add a field</h2>
      <ul className="plain-list add-fields">
        {left.map(({ node, inputs }) => (
          <li key={node}>
            <span className="add-node">{node}</span>
            <span className="add-inputs">
              {inputs.map((input) => (
                <button
                  key={input.name}
                  type="button"
                  className="chip"
                  aria-label={`Add ${portTitle(input)} of ${node} to the form`}
                  onClick={() =>
                    edit(`Expose ${input.name}`, (graph) => expose(graph, null, { node, input: input.name }).graph)
                  }
                >
                  <Plus size={12} aria-hidden />
                  {portTitle(input)}
                </button>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function EditedField({
  field,
  index,
  count,
  catalog,
}: {
  field: Field;
  index: number;
  count: number;
  catalog: Catalog;
}) {
  const { name, node, port } = field;
  const move = (to: number) => edit(`Move ${name}`, (graph) => moveField(graph, catalog, name, to));
  const rename = (input: HTMLInputElement) => {
    const wanted = input.value.trim();
    if (wanted === name) return;
    if (!attempt(`Rename ${name}`, (graph) => renameExposed(graph, null, name, wanted))) input.value = name;
  };
  return (
    <li className="edited-field">
      <input
        className="text-input"
        aria-label={`Name of the field ${name}`}
        defaultValue={name}
        onBlur={(event) => rename(event.currentTarget)}
        onKeyDown={(event) => event.key === "Enter" && rename(event.currentTarget)}
      />
      <span className="muted">
        {node} › {port?.name ?? "gone"}
      </span>
      <IconButton icon={ArrowUp} label={`Move ${name} up`} disabled={index === 0} onClick={() => move(index - 1)} />
      <IconButton
        icon={ArrowDown}
        label={`Move ${name} down`}
        disabled={index === count - 1}
        onClick={() => move(index + 1)}
      />
      <IconButton
        icon={X}
        label={`Take ${name} out of the form`}
        onClick={() => edit(`Take ${name} out of the form`, (graph) => unexpose(graph, null, name))}
      />
    </li>
  );
}

/** Inputs that could be fields: they have a control, no wire, and are none yet. */
function inputsLeft(graph: Graph, catalog: Catalog, fields: readonly Field[]) {
  const taken = new Set(fields.map((field) => `${field.node}.${field.port?.name}`));
  return Object.entries(graph.nodes)
    .map(([node, value]) => ({
      node,
      inputs: portsOf(graph, value, catalog).inputs.filter(
        (port) =>
          controlFor(port) &&
          !port.list &&
          !isWired(entry(value.inputs, port.name)) &&
          !taken.has(`${node}.${port.name}`),
      ),
    }))
    .filter(({ inputs }) => inputs.length > 0);
}
