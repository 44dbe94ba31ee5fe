// What axe-core, which knows the rules of WCAG, finds to say of the pages: nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { FOLDER, launch, open } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");
const PAGES = [
  "chat",
  "text",
  "digits",
  "values",
  "report_digits",
  "report_chat",
  "report_values",
  "report_sweep",
];
let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

for (const name of PAGES) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${name}, ${colorScheme}`, async () => {
      // the policy of the page would not let axe in
      const { page } = await open(browser, join(FOLDER, `${name}.html`), {
        colorScheme,
        bypassCSP: true,
      });
      if (await page.locator("#message").count())
        await page.fill("#message", `are you there? ${"so long ".repeat(20)}`);
      if (await page.locator("#drawing").count()) await page.locator("#drawing").click();
      await page.evaluate(() =>
        document.querySelectorAll("details").forEach((part) => (part.open = true)),
      );
      await page.waitForTimeout(400);
      await page.addScriptTag({ content: AXE });
      const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
      const found = violations.map(
        ({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html.slice(0, 120)} (${nodes.length})`,
      );
      assert.deepEqual(found, []);
      assert.ok(passes.length > 10);
    });
  }
}
