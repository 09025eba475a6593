/** The note below a node. */
import { setNote } from "../graph/nodes";
import { edit } from "./active";
import { NoteText } from "./NoteText";
import { setCanvas, useCanvas } from "./store";

export function NodeNote({ name, note }: { name: string; note: string }) {
  const editing = useCanvas((canvas) => canvas.noting?.kind === "node" && canvas.noting.name === name);
  return (
    <div className="node-note">
      <NoteText
        text={note}
        label={`Note of ${name}`}
        editing={editing}
        begin={() => setCanvas({ noting: { kind: "node", name } })}
        done={(text) => {
          setCanvas({ noting: undefined });
          if (text !== undefined) edit("Edit the note", (graph, scope) => setNote(graph, scope, name, text));
        }}
      />
    </div>
  );
}
