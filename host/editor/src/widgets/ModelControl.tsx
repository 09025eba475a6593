/** A model by name: those of the model store, or any name or path that is typed. */
import { Box, ChevronsUpDown } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { Model } from "../api/contract";
import { Picker } from "./Picker";
import { aboutModel, modelsFor } from "./models";
import type { ControlProps } from "./types";

export function ModelControl({ port, value, isSet, set, label, caption }: ControlProps) {
  const [anchor, setAnchor] = useState<DOMRect>();
  const [models, setModels] = useState<readonly Model[]>();
  const current = typeof value === "string" ? value : undefined;
  const open = anchor !== undefined;
  useEffect(() => {
    if (!open) return;
    let gone = false;
    api.models().then(
      (found) => !gone && setModels(found),
      () => !gone && setModels([]),
    );
    return () => {
      gone = true;
    };
  }, [open]);
  const options = modelsFor(port.name, models ?? []).map((model) => ({
    key: model.name,
    title: model.name,
    detail: aboutModel(model),
  }));
  return (
    <>
      <button
        type="button"
        className={`control choice-control nodrag ${isSet ? "" : "unset"}`}
        aria-haspopup="listbox"
        aria-label={`${label}: ${current ?? "not set"}`}
        onClick={(event) => setAnchor(event.currentTarget.getBoundingClientRect())}
      >
        {caption !== undefined && <span className="control-caption">{caption}</span>}
        <Box size={12} aria-hidden className="control-icon" />
        <span className="control-value">{current || <em>not set</em>}</span>
        <ChevronsUpDown size={12} aria-hidden />
      </button>
      {anchor && (
        <Picker
          anchor={anchor}
          label={label}
          options={options}
          current={current}
          pick={set}
          free
          empty={models ? "No such model is known. Type a name or a path." : "Loading…"}
          onClose={() => setAnchor(undefined)}
        />
      )}
    </>
  );
}
