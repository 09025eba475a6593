/** Brings a node that another part of the editor points at into sight, and a graph that was opened as a whole. */
import { useEffect } from "react";
import { useView } from "../app/view";
import { select } from "./active";
import { focusNode, zoomToFit } from "./actions/view";
import { useCanvas } from "./store";

export function useReveal(document: string | undefined, scope: string | null | undefined): void {
  const reveal = useView((view) => view.reveal);
  const flow = useCanvas((canvas) => canvas.flow);
  useEffect(() => {
    if (flow) zoomToFit();
  }, [flow, document, scope]);
  useEffect(() => {
    if (!reveal || !flow) return;
    select([reveal.node]);
    zoomToFit([reveal.node]);
    focusNode(reveal.node);
  }, [reveal, flow]);
}
