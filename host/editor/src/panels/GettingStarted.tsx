/** The first steps, in few words. */
import { useView } from "../app/view";
import { Button } from "../ui/Button";
import { keysText } from "../ui/keys";

export function GettingStarted() {
  const openDialog = useView((view) => view.openDialog);
  return (
    <section aria-label="Getting started" className="getting-started">
      <h3>Getting started</h3>
      <ol>
        <li>
          Open a template, for example <em>Recolor</em>.{" "}
          <Button size="small" onClick={() => openDialog({ name: "templates" })}>
            Templates
          </Button>
        </li>
        <li>Drop a picture on the node that loads one, and write what shall change into the prompt.</li>
        <li>
          Press <kbd>{keysText("Mod+Enter")}</kbd>. Results appear at the node and in the gallery; nodes whose inputs
          did not change are taken from the cache.
        </li>
        <li>
          Add nodes with a double click on the canvas, or by dragging a wire into empty space: only nodes that fit are
          offered.
        </li>
        <li>
          Save with <kbd>{keysText("Mod+S")}</kbd>. Share a picture that carries its graph: dropped onto this page, it
          opens again.
        </li>
      </ol>
      <p className="muted">
        The same document has three faces: graph, form and list. The list does everything the graph does, by keyboard
        and screen reader.
      </p>
    </section>
  );
}
