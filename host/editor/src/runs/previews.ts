/** Preview pictures as object URLs, one for each node of a run; a URL is revoked as soon as another takes its place. */

/** Makes and revokes URLs; the browser's `URL` outside of tests. */
export interface UrlMaker {
  createObjectURL(blob: Blob): string;
  revokeObjectURL(url: string): void;
}

/** Pictures kept in all: the last frames of a few runs. */
const MOST = 64;

/** The newest picture of each node. */
export class Previews {
  readonly #urls = new Map<string, string>();
  readonly #maker: UrlMaker;

  constructor(maker: UrlMaker = URL) {
    this.#maker = maker;
  }

  /** Replaces the picture of a node and gives its URL. */
  set(run: string, node: string, picture: Blob): string {
    const key = keyOf(run, node);
    this.#drop(key);
    const url = this.#maker.createObjectURL(picture);
    this.#urls.set(key, url);
    const oldest = this.#urls.keys().next().value;
    if (this.#urls.size > MOST && oldest !== undefined) this.#drop(oldest);
    return url;
  }

  get(run: string, node: string): string | undefined {
    return this.#urls.get(keyOf(run, node));
  }

  /** The newest picture of any node whose name starts with the prefix. */
  latestWithin(run: string, prefix: string): string | undefined {
    let latest: string | undefined;
    for (const [key, url] of this.#urls) if (key.startsWith(keyOf(run, prefix))) latest = url;
    return latest;
  }

  /** Forgets the pictures of a run. */
  removeRun(run: string): void {
    for (const key of [...this.#urls.keys()]) if (key.startsWith(keyOf(run, ""))) this.#drop(key);
  }

  #drop(key: string): void {
    const url = this.#urls.get(key);
    if (url === undefined) return;
    this.#urls.delete(key);
    this.#maker.revokeObjectURL(url);
  }
}

function keyOf(run: string, node: string): string {
  return `${run}\n${node}`;
}
