/** What a plugin would be trusted with, in the server's words, and the question whether to. */
import { ShieldAlert, ShieldCheck } from "lucide-react";

import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { useQuestion } from "./consent";
import "../panels.css";

export function ConsentDialog() {
  const question = useQuestion((state) => state.question);
  if (!question) return null;
  const { consent, verb, answer } = question;
  const title = `${verb} ${consent.title || consent.id} ${consent.version}?`;
  const Icon = consent.native ? ShieldAlert : ShieldCheck;
  return (
    <Dialog
      key={consent.confirm}
      title={title}
      onClose={() => answer(false)}
      footer={
        <>
          <Button onClick={() => answer(false)}>Cancel</Button>
          <Button tone={consent.native ? "danger" : "primary"} icon={Icon} onClick={() => answer(true)}>
            {consent.native ? `${verb} and let it run with my rights` : verb}
          </Button>
        </>
      }
    >
      <ul className="plain-list consent-lines">
        {consent.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Dialog>
  );
}
