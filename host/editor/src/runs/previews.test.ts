import { describe, expect, it } from "vitest";

import { Previews } from "./previews";

describe("previews", () => {
  it("revoke a picture as soon as another replaces it, and all of a removed run", () => {
    const alive = new Set<string>();
    let count = 0;
    const previews = new Previews({
      createObjectURL: () => {
        count += 1;
        alive.add(`blob:${count}`);
        return `blob:${count}`;
      },
      revokeObjectURL: (url) => alive.delete(url),
    });
    previews.set("run", "sample", new Blob());
    previews.set("run", "sample", new Blob());
    expect([...alive]).toEqual(["blob:2"]);
    previews.set("run", "look/sample", new Blob());
    expect(previews.latestWithin("run", "look/")).toBe("blob:3");
    previews.removeRun("run");
    expect(alive.size).toBe(0);
    expect(previews.get("run", "sample")).toBeUndefined();
  });
});
