/** What becomes of a seed when a run is sent: it stays, goes up, or is another one. */
import { expect, test } from "./harness";
import { opened } from "./pages";

test("a seed stays, goes up by one or is drawn anew, and each run keeps the one it was sent with", async ({ page }) => {
  const editor = await opened(page);
  const queue = await editor.openPanel("Queue");
  await queue.getByRole("button", { name: "Pause" }).click();
  const node = editor.node("sample");
  const seed = node.getByRole("slider", { name: "seed of sample" }).or(node.getByRole("spinbutton", { name: "seed of sample" }));
  const mode = node.getByRole("button", { name: /^(The seed|A new random seed).* Change$/ });
  const shown = () => seed.getAttribute("aria-valuenow");
  let sent = 0;
  const send = async () => {
    await editor.runButton.click();
    sent += 1;
    await expect(queue.getByText(`0 running · ${sent} queued`)).toBeVisible();
  };

  await editor.setNumber("seed of sample", 41);
  await expect(mode).toHaveAccessibleName(/stays/);
  await send();
  await mode.click();
  await mode.click();
  await expect(mode).toHaveAccessibleName(/goes up by one/);
  expect(await shown()).toBe("41");
  await send();
  await expect(seed).toHaveAttribute("aria-valuenow", "42");
  await send();
  await expect(seed).toHaveAttribute("aria-valuenow", "43");

  await mode.click();
  await mode.click();
  await expect(mode).toHaveAccessibleName(/new random seed/);
  await send();
  await expect(seed).not.toHaveAttribute("aria-valuenow", "43");
  const drawn = await shown();
  await send();
  await expect(seed).not.toHaveAttribute("aria-valuenow", drawn!);

  const seeds = await Promise.all(
    (await editor.runs()).map(async ({ id }) => {
      const { graph } = await editor.api<{ graph: { nodes: Record<string, { inputs: { seed?: unknown } }> } }>(`/api/runs/${id}`);
      return String(graph.nodes["sample"]!.inputs.seed);
    }),
  );
  expect(seeds.toSorted()).toEqual(["41", "41", "42", "43", drawn!].toSorted());
});

test("the die draws a seed at once", async ({ page }) => {
  const editor = await opened(page);
  const node = editor.node("sample");
  await editor.setNumber("seed of sample", 7);
  await node.getByRole("button", { name: "Random seed of sample" }).click();
  await expect(node.getByRole("slider", { name: "seed of sample" }).or(node.getByRole("spinbutton", { name: "seed of sample" }))).not.toHaveAttribute("aria-valuenow", "7");
});
