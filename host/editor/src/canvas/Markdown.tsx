/** Markdown as safe HTML. */
import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "react";

/** Links open elsewhere; pictures of other hosts would be fetched, so there are none. */
export function Markdown({ text }: { text: string }) {
  const html = useMemo(() => {
    const raw = marked.parse(text, { async: false, gfm: true, breaks: true });
    const clean = DOMPurify.sanitize(raw, { FORBID_TAGS: ["img", "style", "form", "input"], FORBID_ATTR: ["style"] });
    return clean.replaceAll("<a ", '<a target="_blank" rel="noopener noreferrer" ');
  }, [text]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
