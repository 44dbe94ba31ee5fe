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

/** The page, its facts and how many plots have something drawn on them. */
async function report(name, options = {}) {
  const opened = await open(browser, fileOf(name), {
    viewport: { width: 1000, height: 900 },
    ...options,
  });
  assert.equal(opened.state, "ready", await opened.page.textContent("#state"));
  await opened.page.waitForTimeout(300);
  const facts = await opened.page.evaluate(() =>
    JSON.parse(document.getElementById("facts").textContent),
  );
  const drawn = await opened.page.evaluate(() => {
    const isDrawn = (canvas) =>
      canvas
        .getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height)
        .data.some((v) => v);
    return [...document.querySelectorAll(".plot canvas")].filter(isDrawn).length;
  });
  const wider = await opened.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the screen`);
  await opened.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  return { ...opened, facts, drawn };
}

test("a run with a trainer: figures, curves, matrix, calibration, bytes", async (t) => {
  const { page, said, facts, drawn, readyMs } = await report("report_digits");
  t.diagnostic(
    `${statSync(fileOf("report_digits")).size.toLocaleString("en")} bytes, ready in ${readyMs} ms`,
  );
  assert.equal(drawn, 4);
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
  const { page, said, facts } = await report("report_chat", {
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
  const { page, said } = await report("report_digits");
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
  const { said, facts, drawn } = await report("report_text");
  assert.equal(drawn, 2);
  assert.ok(facts.measured.examples > 50);
  assert.deepEqual(said, []);
});

test("a regression on data", async () => {
  const { page, said, facts, drawn } = await report("report_values");
  assert.equal(drawn, 2);
  assert.equal(facts.values.examples, 60);
  assert.match(await page.textContent(".figures"), /mean squared error, file0\.0/);
  assert.deepEqual(said, []);
});

test("a file alone, whose labels hold markup", async () => {
  const { page, said, drawn } = await report("report_nasty");
  assert.equal(drawn, 1);
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.equal(await page.title(), "nasty.tflite");
  assert.deepEqual(said, []);
});

test("a sweep with its fronts, in light and in dark", async () => {
  const { page, said, drawn, facts } = await report("report_sweep");
  assert.equal(drawn, 2);
  assert.equal(await page.locator(".card:last-child tbody tr").count(), facts.points.length);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(200);
  await page.screenshot({ path: join(SHOTS, "report_sweep-dark.png"), fullPage: true });
  assert.deepEqual(said, []);
});
