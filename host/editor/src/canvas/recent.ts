/** Node types used lately, remembered by the browser; the search lists them first. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

const MOST = 30;

/** The newest first. */
export const useRecent = create<{ types: readonly string[] }>()(
  persist(() => ({ types: [] as readonly string[] }), { name: "wirebrush-recent" }),
);

/** Notes that a node of this type was added. */
export function rememberType(type: string): void {
  if (type.startsWith("#")) return;
  useRecent.setState(({ types }) => ({ types: [type, ...types.filter((it) => it !== type)].slice(0, MOST) }));
}
