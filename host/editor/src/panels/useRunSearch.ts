/** Searching the runs of the server by words; without words, those that are listed. */
import { useEffect, useState } from "react";

import type { RunSummary } from "../api/contract";
import { useRuns } from "../runs/store";
import { act } from "./act";

/** Milliseconds without a letter after which the server is asked. */
const PAUSE_MS = 200;

export interface RunSearch {
  words: string;
  setWords: (words: string) => void;
  /** What was found; the listed runs while nothing is searched for. */
  runs: readonly RunSummary[];
}

export function useRunSearch(): RunSearch {
  const listed = useRuns((state) => state.runs);
  const forgotten = useRuns((state) => state.forgotten);
  const [words, setWords] = useState("");
  const [found, setFound] = useState<readonly RunSummary[]>([]);
  const wanted = words.trim();
  useEffect(() => {
    if (wanted === "") return;
    let late = false;
    const search = async () => {
      const runs = await useRuns.getState().search(wanted);
      if (!late) setFound(runs);
    };
    const timer = setTimeout(() => void act(search), PAUSE_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [wanted, forgotten]);
  return { words, setWords, runs: wanted === "" ? listed : found };
}
