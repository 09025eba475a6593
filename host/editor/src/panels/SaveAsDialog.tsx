/** Saves the active document under a new name. */
import { useState } from "react";

import { useView } from "../app/view";
import { useActivePart } from "../canvas/active";
import { useDocuments } from "../documents/store";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { act } from "./act";
import "./panels.css";

export function SaveAsDialog() {
  const open = useView((view) => view.dialog?.name === "save-as");
  const name = useActivePart((document) => document.name);
  return open && name !== undefined ? <SaveAs name={name} /> : null;
}

function SaveAs({ name }: { name: string }) {
  const { closeDialog, notify } = useView.getState();
  const [text, setText] = useState(name);
  const [saving, setSaving] = useState(false);
  const wanted = text.trim();

  const save = async () => {
    setSaving(true);
    const saved = await act(async () => {
      await useDocuments.getState().saveAs(wanted);
      return true;
    });
    setSaving(false);
    if (!saved) return;
    notify(`Saved as ${wanted}.`, "success");
    closeDialog();
  };

  return (
    <Dialog title="Save as" width={420} onClose={closeDialog}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") void save();
        }}
      >
        <label className="field">
          Name
          <input
            className="text-input"
            value={text}
            maxLength={200}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="form-buttons">
          <Button onClick={closeDialog}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={wanted === "" || saving}>
            {saving ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
