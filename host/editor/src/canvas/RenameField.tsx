/** A name that is edited where it stands. */
import { useEffect, useRef } from "react";

interface RenameFieldProps {
  value: string;
  label: string;
  /** Called once, with the new name or with nothing when it stays. */
  done: (next?: string) => void;
}

export function RenameField({ value, label, done }: RenameFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.select();
  }, []);
  const finish = (next?: string) => {
    if (finished.current) return;
    finished.current = true;
    const card = field.current?.closest<HTMLElement>(".react-flow__node");
    done(next === undefined || next.trim() === value ? undefined : next.trim());
    card?.focus({ preventScroll: true });
  };
  return (
    <input
      ref={field}
      className="rename-field nodrag nopan"
      defaultValue={value}
      aria-label={label}
      spellCheck={false}
      onBlur={(event) => finish(event.target.value)}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(event.currentTarget.value);
        if (event.key === "Escape") finish();
      }}
    />
  );
}
