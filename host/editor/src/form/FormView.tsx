/** The document as a form: its exposed inputs, a button that runs it, and what comes out. Made for narrow screens too. */
import { Check, ListPlus, SlidersHorizontal } from "lucide-react";
import { useState } from "react";

import { useActive } from "../canvas/active";
import { useCatalog } from "../documents/catalog";
import { Button } from "../ui/Button";
import { FormEditor } from "./FormEditor";
import { FormField } from "./FormField";
import { FormResults } from "./FormResults";
import { FormRun } from "./FormRun";
import { fieldsOf } from "./fields";
import "./form.css";

export function FormView() {
  const document = useActive();
  const catalog = useCatalog();
  const [editing, setEditing] = useState(false);
  if (!document) return null;
  const fields = fieldsOf(document.graph, catalog);
  return (
    <div className="form-view" role="region" aria-label={`Form of ${document.name}`}>
      <div className="form-sheet">
        <section className="form-inputs" aria-label="Inputs">
          <header className="form-head">
            <h1>{document.graph.title || document.name}</h1>
            <Button
              icon={editing ? Check : SlidersHorizontal}
              size="small"
              aria-pressed={editing}
              onClick={() => setEditing(!editing)}
            >
              {editing ? "Done" : "Edit form"}
            </Button>
          </header>
          {editing && <FormEditor document={document} fields={fields} />}
          {!editing && fields.length === 0 && <NothingExposed onEdit={() => setEditing(true)} />}
          {!editing && fields.map((field) => <FormField key={field.name} field={field} document={document} />)}
          {!editing && <FormRun />}
        </section>
        <FormResults document={document} />
      </div>
    </div>
  );
}

function NothingExposed({ onEdit }: { onEdit: () => void }) {
  return (
    <div className="form-empty">
      <ListPlus size={28} aria-hidden />
      <p>
        <strong>This form has no fields yet.</strong>
      </p>
      <p className="muted">
        A field is an input of a node that is offered by a name. Choose some here, or in the graph from the menu of an
        input.
      </p>
      <Button tone="primary" onClick={onEdit}>
        Choose fields
      </Button>
    </div>
  );
}
