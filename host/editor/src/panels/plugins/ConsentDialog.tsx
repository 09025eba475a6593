/** What a plugin would be trusted with, in the server's words, and the question whether to. */
import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useState } from "react";

import type { Consent } from "../../api/contract";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { useQuestion } from "./consent";
import "../panels.css";

export function ConsentDialog() {
  const question = useQuestion((state) => state.question);
  if (!question) return null;
  return <Question key={question.consent.confirm} {...question} />;
}

function Question({ consent, verb, answer }: { consent: Consent; verb: string; answer: (agreed: boolean) => void }) {
  const [known, setKnown] = useState(false);
  const name = `${consent.title || consent.id} ${consent.version}`;
  const grave = consent.native || consent.key_changed;
  return (
    <Dialog
      title={consent.key_changed ? `${name} is signed with another key` : `${verb} ${name}?`}
      onClose={() => answer(false)}
      footer={
        <>
          <Button onClick={() => answer(false)}>Cancel</Button>
          <Button
            tone={grave ? "danger" : "primary"}
            icon={grave ? ShieldAlert : ShieldCheck}
            disabled={consent.key_changed && !known}
            onClick={() => answer(true)}
          >
            {agreement(consent, verb)}
          </Button>
        </>
      }
    >
      <ul className={consent.key_changed ? "plain-list consent-lines consent-alarm" : "plain-list consent-lines"}>
        {consent.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {consent.key_changed && (
        <label className="consent-known">
          <input type="checkbox" checked={known} onChange={(event) => setKnown(event.target.checked)} />
          The publisher says that this key is theirs, in a place I know to be theirs.
        </label>
      )}
    </Dialog>
  );
}

function agreement({ native, key_changed }: Consent, verb: string): string {
  const trusting = key_changed ? `Trust the new key and ${verb.toLowerCase()}` : verb;
  return native ? `${trusting} and let it run with my rights` : trusting;
}
