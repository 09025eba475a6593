/** The node's name; a name that is not allowed or taken is refused with a reason and stays as it was. */
import { attempt, select } from "../../canvas/active";
import { renameNode } from "../../graph/nodes";

export function NodeNameField({ name }: { name: string }) {
  const rename = (field: HTMLInputElement) => {
    const wanted = field.value.trim();
    const renamed =
      wanted === name || attempt(`Rename ${name}`, (graph, scope) => renameNode(graph, scope, name, wanted));
    if (!renamed) field.value = name;
    else if (wanted !== name) select([wanted]);
  };
  return (
    <label className="field">
      Name
      <input
        className="text-input"
        defaultValue={name}
        key={name}
        spellCheck={false}
        onBlur={(event) => rename(event.currentTarget)}
        onKeyDown={(event) => {
          if (event.key === "Enter") rename(event.currentTarget);
          if (event.key === "Escape") event.currentTarget.value = name;
        }}
      />
    </label>
  );
}
