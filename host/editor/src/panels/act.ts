/** Actions of panels that may fail. */
import { useView } from "../app/view";

/** Runs an action and shows its failure to the user; gives its result, or `undefined` when it failed. */
export async function act<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    useView.getState().notify(messageOf(error), "error");
    return undefined;
  }
}

/** What an error says to people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
