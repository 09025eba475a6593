import { expect, it } from "vitest";

import type { Consent } from "../../api/contract";
import { ApiFailure } from "../../api/request";
import { ask, useQuestion, withConsent } from "./consent";

function consent(confirm: string): Consent {
  const what = { id: "acme.tone", version: "1.0.0", title: "", publisher: "", new_permissions: [] };
  return { ...what, native: true, key_changed: false, lines: ["it is native code"], confirm };
}

function required(confirm: string): ApiFailure {
  return new ApiFailure(409, { code: "consent-required", message: "agree first", consent: consent(confirm) });
}

/** A server that wants each of these agreed to, one after the other. */
function server(...texts: string[]) {
  const given: (string | undefined)[] = [];
  const request = async (confirm?: string) => {
    given.push(confirm);
    const next = texts[given.length - 1];
    if (next !== undefined) throw required(next);
    return "installed";
  };
  return { given, request };
}

it("sends back the proof of the very text the user agreed to", async () => {
  const { given, request } = server("a", "b");
  const seen: string[] = [];
  const agree = async ({ confirm }: Consent) => seen.push(confirm) > 0;
  expect(await withConsent(request, "Install", agree)).toBe("installed");
  expect(seen).toEqual(["a", "b"]);
  expect(given).toEqual([undefined, "a", "b"]);
});

it("does nothing when the user declines", async () => {
  const { given, request } = server("a");
  expect(await withConsent(request, "Install", async () => false)).toBeUndefined();
  expect(given).toEqual([undefined]);
});

it("asks nothing when nothing is to be agreed to", async () => {
  const never = () => Promise.reject(new Error("nobody is asked"));
  expect(await withConsent(server().request, "Install", never)).toBe("installed");
  const failure = new ApiFailure(422, { code: "plugin-refused", message: "no package" });
  await expect(withConsent(() => Promise.reject(failure), "Install", never)).rejects.toBe(failure);
});

it("takes a question that another one replaces for declined", async () => {
  const first = ask(consent("a"), "Install");
  const second = ask(consent("b"), "Install");
  expect(await first).toBe(false);
  useQuestion.getState().question?.answer(true);
  expect(await second).toBe(true);
  expect(useQuestion.getState().question).toBeUndefined();
});
