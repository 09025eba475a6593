import { describe, expect, test } from "vitest";
import { nodeOf } from "./body";
import { catalog, chain, from, graphOf, node, recolor, twoReferences } from "./fixtures";
import { addOnWire } from "./insertNode";
import { removeNodes } from "./nodes";
import { addBend } from "./places";
import { bendsOf, wiresOf } from "./wires";
import { connect, disconnect, insertOnWire, tryConnect } from "./wiring";

const into = (graph: typeof chain, name: string) => nodeOf(graph, null, name)?.inputs;

describe("wires", () => {
  test("every link is a wire, list items by their index", () => {
    const ids = wiresOf(twoReferences).map((wire) => wire.id);
    expect(ids).toContain("sample.references.0");
    expect(ids).toContain("sample.references.1");
    expect(ids).toContain("t5.text");
    expect(wiresOf(recolor).find((wire) => wire.id === "decode.latent")).toEqual({
      id: "decode.latent",
      from: { node: "sample", output: "latent" },
      to: { node: "decode", input: "latent" },
      bends: [],
    });
  });

  test("wires that did not change stay the same objects", () => {
    const bent = addBend(chain, null, "save.image", [300, 50]);
    const [before, after] = [wiresOf(chain), wiresOf(bent)];
    expect(after.find((it) => it.id === "invert.image")).toBe(before.find((it) => it.id === "invert.image"));
    expect(after.find((it) => it.id === "save.image")?.bends).toEqual([[300, 50]]);
  });

  test("two nodes that share their contents have wires of their own", () => {
    const shared = node("image/Invert", { image: from("photo.image") });
    const graph = graphOf({ photo: node("image/LoadImage"), a: shared, b: shared });
    expect(wiresOf(graph).map((wire) => wire.id)).toEqual(["a.image", "b.image"]);
    expect(into(disconnect(graph, null, ["a.image"]), "b")).toEqual({ image: from("photo.image") });
  });
});

describe("connecting", () => {
  test("a wire replaces the wire or value of a single input", () => {
    const graph = connect(chain, null, { node: "photo", output: "image" }, { node: "save", input: "image" }, catalog);
    expect(into(graph, "save")).toEqual({ image: from("photo.image") });
    const wired = connect(
      chain,
      null,
      { node: "photo", output: "width" },
      { node: "invert", input: "amount" },
      catalog,
    );
    expect(into(wired, "invert")?.["amount"]).toEqual(from("photo.width"));
  });

  test("a list input gets one more item, or one replaced", () => {
    const latent = { node: "reference", output: "latent" };
    const added = connect(recolor, null, latent, { node: "sample", input: "references" }, catalog);
    expect(into(added, "sample")?.["references"]).toEqual([from("reference.latent"), from("reference.latent")]);
    const first = connect(recolor, null, { node: "t5", output: "t5" }, { node: "sample", input: "t5" }, catalog);
    expect(first).toBe(recolor);
    const replaced = tryConnect(added, null, latent, { node: "sample", input: "references", index: 1 }, catalog);
    expect(replaced).toEqual({ ok: true, graph: added });
  });

  test.each([
    ["photo.image", "sample.t5", "The output gives an image, the input takes a kontext/t5@1."],
    ["decode.image", "fit.image", "This would make a circle: fit → reference → sample → decode → fit."],
    ["fit.image", "fit.image", "This would make a circle: fit → fit."],
    ["gone.image", "fit.image", "There is no node “gone”."],
    ["photo.image", "gone.image", "There is no node “gone”."],
    ["photo.gone", "fit.image", "“photo” has no output “gone”."],
    ["photo.image", "fit.gone", "“fit” has no input “gone”."],
  ])("%s to %s is refused with a reason", (output, input, reason) => {
    const [source = "", port = ""] = output.split(".");
    const [target = "", name = ""] = input.split(".");
    const tried = tryConnect(recolor, null, { node: source, output: port }, { node: target, input: name }, catalog);
    expect(tried).toEqual({ ok: false, reason });
  });

  test("a node of an unknown type connects to anything", () => {
    const graph = graphOf({ odd: node("acme/Odd"), save: node("image/SaveImage") });
    const tried = tryConnect(graph, null, { node: "odd", output: "x" }, { node: "save", input: "image" }, catalog);
    expect(tried.ok && into(tried.graph, "save")).toEqual({ image: from("odd.x") });
  });
});

describe("disconnecting", () => {
  test("takes a single input's link away and shortens a list, with bends at their wires", () => {
    const bent = addBend(
      addBend(twoReferences, null, "sample.references.0", [1, 2]),
      null,
      "sample.references.1",
      [3, 4],
    );
    const second = wiresOf(bent).find((wire) => wire.id === "sample.references.1");
    const cut = disconnect(bent, null, ["sample.references.0", "t5.text"]);
    expect(wiresOf(cut).find((wire) => wire.id === "sample.references.0")?.from).toEqual(second?.from);
    expect(bendsOf(cut.layout, "sample.references.0")).toEqual([[3, 4]]);
    expect(bendsOf(cut.layout, "sample.references.1")).toEqual([]);
    expect(into(cut, "t5")).toEqual({ model: "kontext-tiny" });
  });

  test("takes the whole input away with the last item, and changes nothing for other names", () => {
    const cut = disconnect(recolor, null, ["sample.references.0"]);
    expect(into(cut, "sample")).not.toHaveProperty("references");
    expect(disconnect(recolor, null, ["sample.nothing", "x"])).toBe(recolor);
  });

  test("removing a node takes its wires from lists and keeps literals", () => {
    const graph = graphOf({
      a: node("text/Text"),
      b: node("text/Text"),
      join: node("text/Join", { texts: [from("a.text"), "and", from("b.text")] }),
    });
    expect(into(removeNodes(graph, null, ["a"]), "join")).toEqual({ texts: ["and", from("b.text")] });
  });
});

describe("inserting on a wire", () => {
  test("leads the wire through the first input and output that fit", () => {
    const graph = { ...chain, nodes: { ...chain.nodes, crop: node("image/Crop") } };
    const inserted = insertOnWire(graph, null, "save.image", "crop", catalog);
    expect(inserted.ok && [into(inserted.graph, "crop"), into(inserted.graph, "save")]).toEqual([
      { image: from("invert.image") },
      { image: from("crop.image") },
    ]);
  });

  test("is refused for a node that does not fit, and for the ends of the wire", () => {
    const graph = { ...chain, nodes: { ...chain.nodes, text: node("text/Text") } };
    expect(insertOnWire(graph, null, "save.image", "text", catalog)).toMatchObject({ ok: false });
    expect(insertOnWire(graph, null, "save.image", "invert", catalog)).toMatchObject({ ok: false });
    expect(insertOnWire(graph, null, "save.nothing", "text", catalog)).toMatchObject({ ok: false });
  });
});

test("a new node is put into a wire, between its ends; one without fitting ports is refused and adds nothing", () => {
  const outcome = addOnWire(chain, null, "save.image", "image/Invert", [300, 50], catalog);
  if (!outcome.ok) throw new Error(outcome.reason);
  expect(outcome.graph.nodes["invert-2"]?.inputs).toEqual({ image: from("invert.image") });
  expect(outcome.graph.nodes["save"]?.inputs).toEqual({ image: from("invert-2.image") });
  expect(addOnWire(chain, null, "save.image", "text/Text", [0, 0], catalog).ok).toBe(false);
});
