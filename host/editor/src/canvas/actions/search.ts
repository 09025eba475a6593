/** Opens the search for nodes. */
import { setCanvas } from "../store";

const WIDTH = 380;
const TOP = 0.22;

/** In the middle of the canvas, as the keyboard and the toolbar ask for it. */
export function openSearch(): void {
  const pane = document.querySelector(".canvas")?.getBoundingClientRect();
  if (!pane) return;
  const screen = { x: pane.x + pane.width / 2 - WIDTH / 2, y: pane.y + pane.height * TOP };
  setCanvas({ search: { screen } });
}
