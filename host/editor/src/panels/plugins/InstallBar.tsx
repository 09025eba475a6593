/** Installing plugins: a button for package files, and the place to drop them on. */
import { PackagePlus } from "lucide-react";
import type { DragEvent, ReactNode } from "react";
import { useRef } from "react";

import { Button } from "../../ui/Button";
import { installFiles } from "./actions";

export function InstallButton() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        size="small"
        icon={PackagePlus}
        hint="Install a .wbplugin file; it can also be dropped on this panel"
        onClick={() => field.current?.click()}
      >
        Install…
      </Button>
      <input
        ref={field}
        type="file"
        accept=".wbplugin"
        multiple
        hidden
        aria-label="Plugin packages"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same file can be chosen again.
          currentTarget.value = "";
          void installFiles(files);
        }}
      />
    </>
  );
}

/** Takes packages that are dropped on it, so that nobody tries to open them as documents. */
export function PackageDrop({ children }: { children: ReactNode }) {
  const drop = (event: DragEvent) => {
    const packages = [...event.dataTransfer.files].filter(({ name }) => name.endsWith(".wbplugin"));
    if (packages.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    void installFiles(packages);
  };
  return (
    <div className="panel" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      {children}
    </div>
  );
}
