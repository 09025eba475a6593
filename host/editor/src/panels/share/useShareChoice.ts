/** What was shared last, so that nobody has to decide about private things each time. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

import type { Export } from "../../api/contract";

interface ShareChoice {
  format: Export["format"];
  stripPrompts: boolean;
  stripPaths: boolean;
}

/** The last choice, remembered by the browser. */
export const useShareChoice = create<ShareChoice>()(
  persist((): ShareChoice => ({ format: "png", stripPrompts: false, stripPaths: false }), { name: "wirebrush-share" }),
);
