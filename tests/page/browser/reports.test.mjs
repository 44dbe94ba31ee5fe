// Reports in Chromium: drawn, filtered, the model tried on a mistake, and nothing said or fetched.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { FOLDER, launch, open } from "./browser.mjs";

const SHOTS = join(FOLDER, "shots");
const fileOf = (name) => join(FOLDER, `${name}.html`);
let browser;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser.close());

/** Whether so many plots have something drawn on them. */
function areDrawn(plots) {
  const isDrawn = (canvas) =>
    canvas
      .getContext("2d")
      .getImageData(0, 0, canvas.width, canvas.height)
      .data.some((value) => value);
  return [...document.querySelectorAll(".plot canvas")].filter(isDrawn).length === plots;
}

/** The page with its `plots` drawn, and its facts. */
async function report(name, plots, options = {}) {
  const viewport = { width: 1000, height: 900 };
  const opened = await open(browser, fileOf(name), { viewport, ...options });
  const { page, state } = opened;
  assert.equal(state, "ready", await page.textContent("#state"));
  await page.waitForFunction(areDrawn, plots);
  assert.equal(await page.locator(".plot canvas").count(), plots);
  const wider = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the screen`);
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  const facts = await page.evaluate(() => JSON.parse(document.getElementById("facts").textContent));
  return { ...opened, facts };
}

test("a run with a trainer: figures, curves, matrix, calibration, bytes", async (t) => {
  const { page, said, facts, readyMs } = await report("report_digits", 4);
  t.diagnostic(
    `${statSync(fileOf("report_digits")).size.toLocaleString("en")} bytes, ready in ${readyMs} ms`,
  );
  const shown = await page.locator(".figures dd").allTextContents();
  const percents = facts.scores.map(({ value }) => `${(100 * value).toFixed(1)} %`);
  assert.deepEqual(shown.slice(0, 3), percents);
  assert.deepEqual(
    facts.scores.map(({ who }) => who),
    ["trainer", "student", "file"],
  );
  for (const term of ["trainer loss", "distillation loss", "projection loss"]) {
    assert.ok((await page.locator("#training th").allTextContents()).includes(term), term);
  }
  assert.equal(await page.locator(".matrix tbody tr").count(), 10);
  assert.ok("featuriser" in facts.file.bytes_by_part);
  assert.deepEqual(said, []);
});

test("mistakes are filtered, and one is tried on the model", async () => {
  const { page, said, facts } = await report("report_chat", 4, {
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
  });
  const all = facts.measured.mistakes;
  const word = "bed";
  await page.fill("#query", word);
  const wanted = all.filter(({ input }) => input.text.toLowerCase().includes(word)).length;
  await page.waitForFunction(
    (text) => document.getElementById("found").textContent === text,
    `${wanted} found`,
  );
  await page.fill("#query", "");
  const [target] = all.map((mistake) => mistake.target);
  await page.selectOption("#target", String(target));
  const ofIt = all.filter((mistake) => mistake.target === target).length;
  await page.waitForFunction(
    (text) => document.getElementById("found").textContent === text,
    `${ofIt} found`,
  );
  await page.selectOption("#target", "");
  await page.waitForFunction(
    (text) => document.getElementById("found").textContent === text,
    `${all.length.toLocaleString("en")} found`,
  );
  const before = await page.locator(".mistakes > li").count();
  await page.click("#more");
  assert.ok((await page.locator(".mistakes > li").count()) > before);
  await page.locator(".mistakes button").first().click();
  await page.waitForSelector(".bars");
  assert.equal(await page.inputValue("#message"), all[0].input.text);
  const labels = await page.locator(".bars .label").allTextContents();
  const known = await page.evaluate(() => document.querySelector(".mistakes .why").textContent);
  assert.ok(known.includes(`answer ${labels[0]} `), `${known} and ${labels[0]}`);
  assert.deepEqual(said, []);
});

test("a picture that was mistaken is tried on the model", async () => {
  const { page, said } = await report("report_digits", 4);
  await page.locator(".mistakes button").first().click();
  await page.waitForSelector(".bars");
  const why = await page.locator(".mistakes .why").first().textContent();
  assert.ok(
    why.startsWith(`answer ${await page.locator(".bars .label").first().textContent()} `),
    why,
  );
  assert.deepEqual(said, []);
});

test("a file on data", async () => {
  const { said, facts } = await report("report_text", 2);
  assert.ok(facts.measured.examples > 50);
  assert.deepEqual(said, []);
});

test("a regression on data", async () => {
  const { page, said, facts } = await report("report_values", 2);
  assert.equal(facts.values.examples, 60);
  assert.match(await page.textContent(".figures"), /mean squared error, file0\.0/);
  assert.deepEqual(said, []);
});

test("a file alone, whose labels hold markup", async () => {
  const { page, said } = await report("report_nasty", 1);
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.equal(await page.title(), "nasty.tflite");
  assert.deepEqual(said, []);
});

test("a sweep with its fronts, in light and in dark", async () => {
  const { page, said, facts } = await report("report_sweep", 2);
  assert.equal(await page.locator(".card:last-child tbody tr").count(), facts.points.length);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(200);
  await page.screenshot({ path: join(SHOTS, "report_sweep-dark.png"), fullPage: true });
  assert.deepEqual(said, []);
});
