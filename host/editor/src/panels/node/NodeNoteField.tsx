/** The note beside the node, in Markdown. */
import { edit } from "../../canvas/active";
import type { GraphNode } from "../../graph/document";
import { setNote } from "../../graph/nodes";

export function NodeNoteField({ name, node }: { name: string; node: GraphNode }) {
  return (
    <section aria-label="Note">
      <h3>Note</h3>
      <textarea
        className="text-input note-box"
        aria-label={`Note of ${name}, in Markdown`}
        placeholder="Markdown, shown beside the node"
        defaultValue={node.note ?? ""}
        key={node.note ?? ""}
        onBlur={(event) => {
          const note = event.currentTarget.value;
          edit(`Change the note of ${name}`, (graph, scope) => setNote(graph, scope, name, note));
        }}
      />
    </section>
  );
}
