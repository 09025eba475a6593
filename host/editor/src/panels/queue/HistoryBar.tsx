/** Searching the runs that are over, and forgetting them. */
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { useView } from "../../app/view";
import { useRuns } from "../../runs/store";
import { Button } from "../../ui/Button";
import { act } from "../act";
import type { RunSearch } from "../useRunSearch";

export function HistoryBar({ search, count }: { search: RunSearch; count: number }) {
  const { words, setWords } = search;
  const [asking, setAsking] = useState(false);
  const clear = async () => {
    setAsking(false);
    const gone = await useRuns.getState().clear(words.trim());
    useView.getState().notify(gone === 1 ? "1 run forgotten." : `${gone} runs forgotten.`, "success");
    setWords("");
  };
  const what = words.trim() === "" ? "all runs that are over" : "every run that is found";
  return (
    <div className="history-bar">
      <input
        className="search"
        type="search"
        placeholder="Search runs"
        aria-label="Search runs"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      {asking ? (
        <span className="confirm" role="group" aria-label={`Forget ${what}?`}>
          <Button size="small" tone="danger" autoFocus hint={`Forget ${what}`} onClick={() => void act(clear)}>
            Forget
          </Button>
          <Button size="small" onClick={() => setAsking(false)}>
            Keep
          </Button>
        </span>
      ) : (
        <Button
          size="small"
          icon={Trash2}
          hint={`Forget ${what}; graphs and uploads stay`}
          disabled={count === 0}
          onClick={() => setAsking(true)}
        >
          Clear
        </Button>
      )}
    </div>
  );
}
