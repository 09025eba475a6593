/** Binds the keys of the command table. */
import { useEffect } from "react";
import { isTyping, matches } from "../ui/keys";
import { commands } from "./commands";
import type { Command } from "./commands";
import { useView } from "./view";

/** While somebody types, only chords with Ctrl or Command and function keys are commands. */
function isForTyping(event: KeyboardEvent): boolean {
  return isTyping(event.target) && !event.ctrlKey && !event.metaKey && !/^F\d+$/.test(event.key);
}

/** Chords that text fields understand themselves. */
const FIELD_CHORDS = new Set(["edit.undo", "edit.redo", "edit.select-all", "edit.duplicate"]);

function find(event: KeyboardEvent): Command | undefined {
  const typing = isTyping(event.target);
  return commands.find(
    (command) =>
      !command.native &&
      !(typing && FIELD_CHORDS.has(command.id)) &&
      command.keys.some((chord) => matches(event, chord)) &&
      (command.when?.() ?? true),
  );
}

/** Runs a command; what goes wrong is shown. */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command.run();
  } catch (error) {
    useView.getState().notify(error instanceof Error ? error.message : String(error), "error");
  }
}

export function useShortcuts(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isForTyping(event) || document.querySelector("dialog[open], .popover")) return;
      const command = find(event);
      if (!command) return;
      event.preventDefault();
      void runCommand(command);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
