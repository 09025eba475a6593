/** The result of something that may be refused; `reason` is a sentence for people. */
export type Outcome<T = object> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string };

/** A refusal. */
export function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
