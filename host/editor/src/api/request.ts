/** One request to the server. */
import type { ApiError, Problem } from "./contract";
import { parseJson } from "../graph/json";

/** Why a request failed: the server's {@link ApiError}, or status 0 when it could not be reached. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly error: ApiError,
  ) {
    super(error.message);
  }

  get code(): string {
    return this.error.code;
  }

  get problems(): readonly Problem[] {
    return this.error.problems ?? [];
  }
}

export interface SendOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** A body to be written as JSON. */
  readonly json?: unknown;
  /** A body as it is, with its own media type. */
  readonly bytes?: Blob;
  readonly signal?: AbortSignal;
  /** Hears which part of the body was sent, from 0 to 1. */
  readonly onProgress?: (part: number) => void;
  /** How the answer is read; JSON unless told. */
  readonly as?: "json" | "blob";
}

let loginRequired: () => void = () => {};

/** Sets what happens when the server wants a login. */
export function onLoginRequired(callback: () => void): void {
  loginRequired = callback;
}

/**
 * Sends a request to `/api/PATH` and reads the answer; one without contents is undefined.
 *
 * @throws ApiFailure for every status from 400 on and when there is no answer; AbortError when aborted.
 */
export async function send<T>(method: string, path: string, options: SendOptions = {}): Promise<T> {
  const url = `/api/${path}${queryText(options.query)}`;
  const answer =
    options.onProgress === undefined ? await fetched(method, url, options) : await uploaded(method, url, options);
  if (answer.status >= 400) {
    const failure = new ApiFailure(answer.status, await readError(answer));
    if (answer.status === 401 && path !== "login") loginRequired();
    throw failure;
  }
  if (options.as === "blob") return answer.body as T;
  const text = await answer.body.text();
  return (text === "" ? undefined : readJson(text, answer.status)) as T;
}

interface Answer {
  readonly status: number;
  readonly body: Blob;
}

async function fetched(method: string, url: string, options: SendOptions): Promise<Answer> {
  const { json, bytes, signal } = options;
  const init: RequestInit = { method, credentials: "same-origin" };
  if (signal !== undefined) init.signal = signal;
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { "Content-Type": "application/json" };
  } else if (bytes !== undefined) {
    init.body = bytes;
    init.headers = { "Content-Type": bytes.type || "application/octet-stream" };
  }
  try {
    const response = await fetch(url, init);
    return { status: response.status, body: await response.blob() };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
}

/** `fetch` cannot tell how much of a body was sent, so uploads with progress go another way. */
function uploaded(method: string, url: string, { bytes, signal, onProgress }: SendOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "blob";
    request.setRequestHeader("Content-Type", bytes?.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => resolve({ status: request.status, body: request.response as Blob });
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(bytes ?? null);
  });
}

function unreachable(): ApiFailure {
  return new ApiFailure(0, { code: "unreachable", message: "The Wirebrush server cannot be reached." });
}

async function readError(answer: Answer): Promise<ApiError> {
  const text = await answer.body.text();
  try {
    const error = parseJson(text) as unknown as Partial<ApiError> | null;
    if (typeof error?.code === "string" && typeof error.message === "string") return error as ApiError;
  } catch {
    // Not the server's own words; a proxy's, for example.
  }
  return { code: "unexpected", message: `The server answered with status ${answer.status} and no reason.` };
}

function readJson(text: string, status: number): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new ApiFailure(status, { code: "unexpected", message: "The server's answer is not JSON." });
  }
}

function queryText(query: SendOptions["query"] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`;
}
