/** Copy, cut and paste through the browser's own events, so that they work between windows and with other programs. */
import { useEffect } from "react";
import { isClipboard } from "../graph/clipboard";
import { isTyping } from "../ui/keys";
import { isPicture } from "../widgets/files";
import { pasteText, removeCopied, selectionText } from "./actions/nodes";
import { addPicture } from "./actions/pictures";

export function useClipboard(): void {
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      if (isElsewhere(event) || !window.getSelection()?.isCollapsed) return;
      const text = selectionText();
      if (text === undefined || !event.clipboardData) return;
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") removeCopied();
    };
    const paste = (event: ClipboardEvent) => {
      if (isElsewhere(event)) return;
      const picture = [...(event.clipboardData?.files ?? [])].find((file) => isPicture(file.type));
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (picture) void addPicture(picture);
      else if (isClipboard(text)) pasteText(text);
      else return;
      event.preventDefault();
    };
    window.addEventListener("copy", copy);
    window.addEventListener("cut", copy);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("copy", copy);
      window.removeEventListener("cut", copy);
      window.removeEventListener("paste", paste);
    };
  }, []);
}

function isElsewhere(event: Event): boolean {
  return isTyping(event.target) || document.querySelector("dialog[open]") !== null;
}
