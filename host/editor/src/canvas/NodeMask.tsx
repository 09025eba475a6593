/** Painting a mask on the picture in a node: strokes on the picture, the tools below the node at their own size. */
import { NodeToolbar, Position } from "@xyflow/react";
import { Check, Maximize2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { NodeToolbarProps } from "@xyflow/react";
import type { KeyboardEvent } from "react";
import { Button, IconButton } from "../ui/Button";
import { MaskCanvas } from "../widgets/mask/MaskCanvas";
import { maskKey, MaskTools } from "../widgets/mask/MaskTools";
import "../widgets/mask/mask.css";
import { closePainter, enlarge, savePainting, usePainter } from "../widgets/mask/painter";
import type { PaintJob } from "../widgets/mask/painter";
import { useLoaded } from "../widgets/mask/useLoaded";
import { focusNode } from "./actions/view";

export function NodeMask({ node, job }: { node: string; job: PaintJob }) {
  const loaded = useLoaded(job);
  const saving = usePainter((state) => state.saving);
  const ready = loaded && "size" in loaded ? loaded : undefined;
  const tools = useRef<HTMLDivElement>(null);
  useEffect(() => tools.current?.querySelector("button")?.focus({ preventScroll: true }), []);
  const [room] = useState(() => roomAround(node));
  const leave = () => {
    closePainter();
    focusNode(node);
  };
  const key = (event: KeyboardEvent) => {
    // The keys of the canvas would act on the node.
    event.stopPropagation();
    if (event.key === "Escape") leave();
    else maskKey(event, ready);
  };
  return (
    <div className="node-mask" onKeyDown={key}>
      {ready ? (
        <MaskCanvas {...ready} />
      ) : (
        <p className="muted">{loaded && "why" in loaded ? `Not to be shown: ${loaded.why}` : "Loading the picture…"}</p>
      )}
      <NodeToolbar isVisible {...room} offset={8} className="nodrag nopan nowheel">
        <div ref={tools} className="mask-float">
          <MaskTools loaded={ready}>
            <span className="mask-ends">
              <IconButton icon={Maximize2} label="Enlarge" onClick={enlarge} />
              <IconButton icon={X} label="Cancel" keys="Escape" onClick={leave} />
              <Button
                size="small"
                tone="primary"
                icon={Check}
                aria-label="Use this mask"
                disabled={!ready || saving}
                onClick={() => ready && void savePainting(ready)}
              >
                {saving ? "Saving…" : "Use"}
              </Button>
            </span>
          </MaskTools>
        </div>
      </NodeToolbar>
    </div>
  );
}

/** Height of the tools, in CSS pixels. */
const TOOLS = 110;

/** Where the tools are in sight: below the node or above it, from its left edge or from its right one. */
function roomAround(node: string): Pick<NodeToolbarProps, "position" | "align"> {
  const box = document.querySelector(`.react-flow__node[data-id="${CSS.escape(node)}"]`)?.getBoundingClientRect();
  if (!box) return { position: Position.Bottom };
  return {
    position: box.bottom + TOOLS < window.innerHeight || box.top < TOOLS * 2 ? Position.Bottom : Position.Top,
    align: box.left + box.right < window.innerWidth ? "start" : "end",
  };
}
