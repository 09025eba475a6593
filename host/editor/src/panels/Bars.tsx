/** What needs attention before the work goes on, as bars above the canvas. */
import { ConflictBar } from "./ConflictBar";
import { ConnectionBar } from "./ConnectionBar";
import { RecoveredBar } from "./RecoveredBar";
import "./panels.css";

export function Bars() {
  return (
    <>
      <ConnectionBar />
      <ConflictBar />
      <RecoveredBar />
    </>
  );
}
