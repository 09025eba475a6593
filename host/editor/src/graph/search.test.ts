import { describe, expect, test } from "vitest";
import { catalog, from, graphOf, node } from "./fixtures";
import { fittingNodes, searchNodes, subgraphTypes } from "./search";

const found = (query: string, recent: string[] = []) =>
  searchNodes(catalog, query, recent).map((hit) => hit.definition.id);
const fitting = (kind: string, direction: "input" | "output", query = "", recent: string[] = []) =>
  fittingNodes(catalog, { kind, direction }, query, recent).map((hit) => `${hit.definition.id}.${hit.port.name}`);

describe("searching", () => {
  test.each([
    ["vaedec", "kontext/VAEDecode"],
    ["VAE decode", "kontext/VAEDecode"],
    ["load", "image/LoadImage"],
    ["t5", "kontext/T5Encode"],
    ["text/text", "text/Text"],
  ])("%s finds %s first", (query, first) => expect(found(query)[0]).toBe(first));

  test("names come before categories before descriptions", () => {
    const hits = found("mask");
    const field = (id: string) => {
      const { title, category } = catalog.definition(id) ?? { title: "", category: "" };
      return /mask/i.test(title || id) ? 0 : /mask/i.test(category) ? 1 : 2;
    };
    expect(found("text")[0]).toBe("text/Text");
    expect(found("pixels").map(field)).toContain(2);
    expect(hits.map(field)).toEqual(hits.map(field).sort());
    expect(found("transform")[0]).toMatch(/^image\//);
  });

  test("every word has to be found, and nonsense finds nothing", () => {
    expect(found("image resize")).toContain("image/Resize");
    expect(found("resize qqq")).toEqual([]);
  });

  test("an empty query finds everything, what was used lately first", () => {
    const hits = found("  ", ["text/Text", "image/Crop"]);
    expect(hits.slice(0, 2)).toEqual(["text/Text", "image/Crop"]);
    expect(hits.length).toBe(catalog.all().length);
  });

  test("recent use breaks ties only", () => {
    const [first, second] = found("encode");
    expect(found("encode", [second ?? ""])).toContain(first);
    expect(found("load", ["text/Text"])[0]).toBe("image/LoadImage");
  });

  test("says which characters of the title were found", () => {
    const [hit] = searchNodes(catalog, "load");
    expect(
      [...(hit?.found ?? [])]
        .sort((a, b) => a - b)
        .map((index) => hit?.title[index])
        .join("")
        .toLowerCase(),
    ).toBe("load");
  });
});

describe("fitting nodes", () => {
  test("an exact main port comes before a convertible one before any", () => {
    const hits = fitting("mask", "output");
    const place = (port: string) => hits.indexOf(port);
    expect(place("image/Composite.mask")).toBe(0);
    expect(place("image/Crop.image")).toBeGreaterThan(0);
    expect(place("text/Template.a")).toBeGreaterThan(place("image/Crop.image"));
  });

  test("a node without a port that takes the kind is left out", () => {
    const takes = fitting("kontext/latent@1", "output");
    expect(takes.slice(0, 2).sort()).toEqual(["kontext/FlowSample.references", "kontext/VAEDecode.latent"]);
    expect(takes.slice(2)).toEqual(["text/Template.a"]);
    expect(fitting("kontext/latent@1", "input")).toEqual(["kontext/FlowSample.latent", "kontext/VAEEncode.latent"]);
  });

  test("a query narrows them and recent use breaks ties", () => {
    expect(fitting("image", "output", "crop")[0]).toBe("image/Crop.image");
    expect(fitting("image", "output", "", ["image/Resize"])[0]).toBe("image/Resize.image");
    expect(fitting("image", "output", "qqq")).toEqual([]);
  });

  test("subgraphs of the document fit by their ports, but not inside themselves", () => {
    const graph = graphOf(
      {},
      {
        definitions: {
          Fade: {
            inputs: { picture: "invert.image" },
            outputs: { image: from("invert.image") },
            nodes: { invert: node("image/Invert") },
          },
        },
      },
    );
    const subgraphs = subgraphTypes(graph, null, catalog);
    expect(searchNodes(catalog, "fade", [], subgraphs)[0]?.definition.id).toBe("#Fade");
    expect(fittingNodes(catalog, { kind: "image", direction: "output" }, "fade", [], subgraphs)[0]?.port.name).toBe(
      "picture",
    );
    expect(subgraphTypes(graph, "Fade", catalog)).toEqual([]);
  });
});
