/** What mouse and fingers do on the canvas, and the keys that belong to a place rather than to a command. */
import { keysText } from "../ui/keys";

interface Gesture {
  what: string;
  how: string;
}

const CANVAS: readonly Gesture[] = [
  { what: "Move the view", how: "drag the canvas, two fingers, or the middle button" },
  { what: "Zoom", how: "wheel or pinch" },
  { what: "Select many", how: `${keysText("Shift")} and drag, or the selection tool` },
  { what: "Add a node", how: "double-click the canvas, or drop a wire on it" },
  { what: "Insert a node on a wire", how: "drag the node onto the wire" },
  { what: "Bend a wire", how: "double-click it, then drag the point" },
  { what: "Cut wires", how: `${keysText("Alt")} and a stroke with the right button` },
  { what: "Everything else about a thing", how: "right-click it" },
  { what: "Go along wires", how: "← → on a node; ↑ ↓ go to its neighbors" },
  { what: "Edit a node", how: "Enter on the node, Esc goes back" },
];

const WIRE: readonly Gesture[] = [
  { what: "Go to a node's wires", how: "W on the node" },
  { what: "Go through them", how: "↑ ↓, or W and Shift+W" },
  { what: "Go to its ends", how: "← →, Esc goes back" },
  { what: "Look at the value", how: "Enter" },
  { what: "Insert a node", how: "I" },
  { what: "Reroute", how: "R adds a bend, Shift+arrows move it, Shift+R removes it" },
  { what: "Remove the wire", how: keysText("Delete") },
];

const LIST: readonly Gesture[] = [
  { what: "Go through nodes", how: "↑ ↓, Home, End, or the first letter" },
  { what: "Open and fold a node", how: "→ ←" },
  { what: "Edit a node or input", how: "Enter, Esc goes back" },
  { what: "Delete a node, empty an input", how: keysText("Delete") },
  { what: "Add a node", how: "A" },
];

export function Gestures() {
  return (
    <>
      <GestureList title="On the canvas" gestures={CANVAS} />
      <GestureList title="On a wire" gestures={WIRE} />
      <GestureList title="In the list" gestures={LIST} />
    </>
  );
}

function GestureList({ title, gestures }: { title: string; gestures: readonly Gesture[] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl className="keys gestures">
        {gestures.map(({ what, how }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{how}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
