/**
 * Every action of the editor in one table: the shell binds the keys, the palette searches it, menus and the help panel
 * show it.
 */
import { canvasCommands } from "../canvas/commands";
import { documentCommands } from "./documentCommands";
import { runCommands } from "./runCommands";
import { viewCommands } from "./viewCommands";

/** Heading under which the help panel lists a command. */
export type CommandGroup = "Documents" | "Edit" | "Nodes" | "Wires" | "Arrange" | "Subgraphs" | "Run" | "View";

export interface Command {
  /** Stable name, `group.verb`. */
  id: string;
  title: string;
  group: CommandGroup;
  /** Chords such as `Mod+Shift+K`, `F2`, `?`; `Mod` is Ctrl, and Command on a Mac. Any of them runs the command. */
  keys: readonly string[];
  run(): void | Promise<void>;
  /** Whether it can run now; absent means always. */
  when?: () => boolean;
  /** The browser's own events (`copy`, `paste`, …) run it: the key is shown, not bound. */
  native?: boolean;
}

/** All commands in the order in which the help panel lists them. */
export const commands: readonly Command[] = [...documentCommands, ...canvasCommands, ...runCommands, ...viewCommands];

/** The command of this id; asking for one that does not exist is an error of the program. */
export function command(id: string): Command {
  const found = commands.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no command is called ${id}`);
  return found;
}
