/** The example graphs as cards. */
import { useEffect, useRef, useState } from "react";

import { useView } from "../app/view";
import { api } from "../api/client";
import type { Template } from "../api/contract";
import { useDocuments } from "../documents/store";
import { Dialog } from "../ui/Dialog";
import { messageOf } from "./act";
import { inputPicturesOf } from "./pictures";
import "./panels.css";

export function TemplatesDialog() {
  const open = useView((view) => view.dialog?.name === "templates");
  return open ? <Templates /> : null;
}

function Templates() {
  const closeDialog = useView((view) => view.closeDialog);
  const [templates, setTemplates] = useState<readonly Template[]>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    api.templates().then(setTemplates, (error: unknown) => setFailure(messageOf(error)));
  }, []);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // The dialog gave the focus to its closing button: nothing else was there yet.
    if (templates) list.current?.querySelector("button")?.focus();
  }, [templates]);
  return (
    <Dialog title="Templates" width={820} onClose={closeDialog}>
      {failure && <p className="run-error">{failure}</p>}
      {!templates && !failure && <p className="muted">Asking the server…</p>}
      <ul className="cards" ref={list}>
        {templates?.map((template) => (
          <li key={template.id}>
            <TemplateCard
              template={template}
              onOpen={() => {
                useDocuments.getState().openTemplate(template);
                closeDialog();
              }}
            />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function TemplateCard({ template: { title, graph }, onOpen }: { template: Template; onOpen: () => void }) {
  const pictures = inputPicturesOf(graph).slice(0, 2);
  const plugins = Object.keys(graph.requires ?? {});
  return (
    <button type="button" className="card" onClick={onOpen}>
      <span className="card-pictures">
        {pictures.map(({ hash }) => (
          <img key={hash} src={api.assets.thumbnail(hash, 256)} alt="" />
        ))}
        {pictures.length === 0 && <span className="card-blank">Text only</span>}
      </span>
      <strong>{title}</strong>
      <span className="muted">
        {Object.keys(graph.nodes).length} nodes · {plugins.join(", ")}
      </span>
      <span className="card-prompt">{promptOf(graph)}</span>
    </button>
  );
}

/** The first exposed text, as an idea of what the graph does. */
function promptOf(graph: Template["graph"]): string {
  for (const exposed of Object.values(graph.exposed ?? {})) {
    const [node = "", input = ""] = typeof exposed === "string" ? exposed.split(".") : [];
    const value = graph.nodes[node]?.inputs?.[input];
    if (typeof value === "string" && value.includes(" ")) return `“${value}”`;
  }
  return "";
}
