import { describe, expect, it } from "vitest";

import type { Graph } from "../graph/document";
import { instancePath, placeOfRunNode, runName, typeOfRunNode } from "./names";

const nested: Graph = {
  format: "wirebrush/graph",
  version: 1,
  nodes: { photo: { type: "image/LoadImage" }, look: { type: "#Look" } },
  definitions: {
    Look: { nodes: { relight: { type: "#Relight" } } },
    Relight: { nodes: { invert: { type: "image/Invert" } } },
    Unused: { nodes: { text: { type: "text/Text" } } },
  },
};

describe("names of nodes in a run", () => {
  it("lead through the instances around them", () => {
    expect(runName(nested, null, "photo")).toBe("photo");
    expect(runName(nested, "Relight", "invert")).toBe("look/relight/invert");
    expect(runName(nested, "Unused", "text")).toBeUndefined();
    expect(instancePath(nested, "Look")).toBe("look");
  });

  it("give the type and the place to edit", () => {
    expect(typeOfRunNode(nested, "look/relight/invert")).toBe("image/Invert");
    expect(typeOfRunNode(nested, "look/gone")).toBeUndefined();
    expect(placeOfRunNode(nested, "look/relight/invert")).toEqual({ scope: "Relight", node: "invert" });
    expect(placeOfRunNode(nested, "photo")).toEqual({ scope: null, node: "photo" });
  });

  it("end when a definition contains itself", () => {
    const circle: Graph = {
      ...nested,
      nodes: { a: { type: "#A" } },
      definitions: { A: { nodes: { b: { type: "#A" } } } },
    };
    expect(instancePath(circle, "B")).toBeUndefined();
  });
});
