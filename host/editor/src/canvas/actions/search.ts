/** Opens the search for nodes. */
import { DEFAULT_WIDTH } from "../geometry";
import { setCanvas } from "../store";
import { freePlace } from "./view";

const WIDTH = 380;
const TOP = 0.22;
/** Of a node nobody knows yet. */
const COMMON_HEIGHT = 200;

/** In the middle of the canvas, as the keyboard and the toolbar ask for it. */
export function openSearch(): void {
  const pane = document.querySelector(".canvas")?.getBoundingClientRect();
  if (!pane) return;
  const screen = { x: pane.x + pane.width / 2 - WIDTH / 2, y: pane.y + pane.height * TOP };
  setCanvas({ search: { at: freePlace(DEFAULT_WIDTH, COMMON_HEIGHT), screen } });
}
