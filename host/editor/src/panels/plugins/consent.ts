/** Asking the user before a plugin gets more than it had. */
import { create } from "zustand";

import type { Consent } from "../../api/contract";
import { consentOf } from "../../api/plugins";

interface Question {
  readonly consent: Consent;
  /** What is agreed to, a verb. */
  readonly verb: string;
  readonly answer: (agreed: boolean) => void;
}

/** The question the user is being asked, if any. */
export const useQuestion = create<{ readonly question: Question | undefined }>()(() => ({ question: undefined }));

/** Shows the text and waits for the answer; an older question counts as declined. */
export function ask(consent: Consent, verb: string): Promise<boolean> {
  useQuestion.getState().question?.answer(false);
  return new Promise((resolve) => {
    const answer = (agreed: boolean) => {
      useQuestion.setState({ question: undefined });
      resolve(agreed);
    };
    useQuestion.setState({ question: { consent, verb, answer } });
  });
}

/**
 * Does what may need the user's consent: the server says what is to be agreed to, and is asked again with the proof.
 * Undefined when the user declined.
 */
export async function withConsent<T>(
  request: (confirm?: string) => Promise<T>,
  verb: string,
  asked: typeof ask = ask,
): Promise<T | undefined> {
  let confirm: string | undefined;
  for (;;) {
    try {
      return await request(confirm);
    } catch (error) {
      const consent = consentOf(error);
      if (consent === undefined) throw error;
      if (!(await asked(consent, verb))) return undefined;
      confirm = consent.confirm;
    }
  }
}
