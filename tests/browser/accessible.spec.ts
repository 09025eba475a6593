/** What a program can see of accessibility, in each view and dialog and in both themes. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./harness";
import { opened } from "./pages";

for (const theme of ["dark", "light"] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme });

    test("views, panels and dialogs have no serious fault", async ({ page }) => {
      test.slow();
      const editor = await opened(page);
      await editor.run("save");
      await editor.select("sample");
      await check(page, "graph");
      for (const panel of ["Node", "Queue", "Gallery", "Timeline", "Problems", "Log", "Plugins", "Help"]) {
        await editor.openPanel(panel);
        await check(page, `${panel} panel`, "aside");
      }
      await page.getByRole("button", { name: "Close Help" }).click();
      for (const [name, keys] of [
        ["palette", "Control+k"],
        ["open", "Control+o"],
        ["templates", "Alt+o"],
        ["save as", "Control+Shift+S"],
        ["share", "Control+e"],
      ] as const) {
        await page.keyboard.press(keys);
        await expect(page.getByRole("dialog")).toBeVisible();
        await check(page, `${name} dialog`, "dialog");
        await page.keyboard.press("Escape");
      }
      await editor.show("Form");
      await check(page, "form", "main");
      await editor.show("List");
      await page.getByRole("treeitem", { name: /^sample/ }).click();
      await check(page, "list", "main");
    });
  });
}

/** Looks at the page, or at the element that a CSS selector names. */
async function check(page: Page, where: string, within = "body"): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include(within).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.flatMap(({ id, help, nodes }) => nodes.slice(0, 4).map(({ html, failureSummary }) => `${id}: ${help}\n  ${html.slice(0, 200)}\n  ${failureSummary}`));
  expect.soft(told.join("\n"), where).toBe("");
}
