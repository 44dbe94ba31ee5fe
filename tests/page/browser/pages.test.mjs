// What a person does with a page: typing, tapping, drawing, opening files, also bad ones.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { FOLDER, launch, open } from "./browser.mjs";
import { greyPng, pngHead } from "./png.mjs";

const SHOTS = join(FOLDER, "shots");
const fileOf = (name) => join(FOLDER, `${name}.html`);
let browser;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser.close());

async function shot(page, name) {
  // each page goes no wider than its screen
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the screen`);
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** The page of chat.tflite with another model in it. */
function pageWith(change) {
  const text = readFileSync(fileOf("chat"), "utf-8");
  const [, model] = text.match(/id="model">([^<]+)</);
  return text.replace(model, change(Buffer.from(model, "base64")).toString("base64"));
}

/** The model with a ranking of a later version, and a hash that is right. */
function otherRanking(model) {
  model.write("9", model.indexOf('"ranking":{"version":2') + '"ranking":{"version":'.length);
  const place = model.indexOf('"sha256":"') + '"sha256":"'.length;
  model.write("0".repeat(64), place);
  model.write(createHash("sha256").update(model).digest("hex"), place);
  return model;
}

/** Types a message and waits until its answer is on the screen. */
async function type(page, text) {
  await page.fill("#message", text);
  const score = await page.evaluate(async (message) => {
    const { ranked } = await globalThis.pnetTf.run(message);
    return `${(100 * ranked[0].score).toFixed(1)} %`;
  }, text);
  await shown(page, ".bars .score", score);
}

/** Waits until the first such element has this text. */
function shown(page, selector, text) {
  const same = ([selector, text]) => document.querySelector(selector)?.textContent === text;
  return page.waitForFunction(same, [selector, text]);
}

test("every page is at most 5 MB and ready, and says nothing", async (t) => {
  for (const name of ["text", "image", "chat", "digits", "top_k", "values"]) {
    const { state, said, readyMs } = await open(browser, fileOf(name));
    const { size } = statSync(fileOf(name));
    t.diagnostic(`${name}: ${size.toLocaleString("en")} bytes, ready in ${readyMs} ms`);
    assert.equal(state, "ready");
    assert.ok(size <= 5_000_000);
    assert.deepEqual(said, []);
  }
});

test("replies are offered, tapped, and the model stays silent", async () => {
  const { page, said } = await open(browser, fileOf("chat"));
  const message = "are you still at the office?";
  await type(page, message);
  const answer = await page.evaluate((text) => globalThis.pnetTf.run(text), message);
  const chips = await page.locator(".chip").allTextContents();
  assert.deepEqual(
    chips,
    answer.offered.replies.map(({ text }) => text),
  );
  assert.ok(chips.length >= 1);
  assert.deepEqual(await page.locator(".tokens li").allTextContents(), [
    "are",
    "you",
    "still",
    "at",
    "the",
    "office",
    "?",
  ]);
  assert.equal(await page.textContent("#count"), "28 of 128 bytes");
  assert.match(await page.textContent("#latency"), /ms an answer/);
  await page.waitForFunction(() =>
    document.getElementById("spoken").textContent.startsWith("Replies: "),
  );
  await shot(page, "replies-light");
  await page.focus(".chip");
  await page.keyboard.press("Enter");
  assert.deepEqual(await page.locator(".talk li").allTextContents(), [message, chips[0]]);
  assert.equal(await page.inputValue("#message"), "");
  assert.equal(await page.evaluate(() => document.activeElement.id), "message");
  await type(page, "qwzx 12 ## 00 kzzt");
  const silent = await page.evaluate(() => globalThis.pnetTf.run("qwzx 12 ## 00 kzzt"));
  assert.equal(await page.locator(".silent").count(), silent.offered.replies.length ? 0 : 1);
  assert.deepEqual(said, []);
});

test("a message that is too long is cut, and the page says where", async () => {
  const { page, said } = await open(browser, fileOf("chat"), {
    viewport: { width: 390, height: 844 },
    colorScheme: "dark",
  });
  await type(
    page,
    `${"see you at the station then, ".repeat(4)}and bring é😀 the red umbrella please`,
  );
  assert.match(
    await page.textContent("#cut"),
    /^Cut after 128 bytes; the model does not see the rest: /,
  );
  await shot(page, "cut-phone-dark");
  await type(page, "x".repeat(100_000));
  assert.match(await page.textContent("#cut del"), /^x{400}…$/);
  assert.equal(await page.textContent("#count"), "128 of 128 bytes");
  assert.deepEqual(said, []);
});

test("labels and replies with markup and escapes are shown as text", async () => {
  const { page, said, state } = await open(browser, fileOf("nasty"));
  assert.equal(state, "ready");
  await type(page, "<script>document.title='typed'</script>");
  assert.equal(await page.title(), "nasty.tflite");
  assert.equal(await page.locator("main img, main script, main b").count(), 0);
  const label = await page.locator(".bars .label").first().textContent();
  assert.match(label, /<img src=x onerror=.*><\/script><b>\[U\+001B\]\[31mred\[U\+202E\]$/);
  await shot(page, "nasty-light");
  assert.deepEqual(said, []);
});

test("a picture is drawn by mouse and by keys, and cleared", async () => {
  const { page, said } = await open(browser, fileOf("digits"));
  const box = await page.locator("#drawing").boundingBox();
  await page.mouse.move(box.x + 140, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 140, box.y + 250, { steps: 8 });
  await page.mouse.up();
  await shown(page, ".bars .label", "1");
  await shot(page, "digits-light");
  await page.click("#clear");
  assert.equal(await page.locator(".bars").count(), 0);
  await page.focus("#drawing");
  for (const key of ["Space", ...new Array(20).fill("ArrowDown")]) await page.keyboard.press(key);
  await page.waitForFunction(() => document.querySelector(".bars"));
  assert.deepEqual(said, []);
});

test("a finger draws on a phone", async () => {
  const options = {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    colorScheme: "dark",
  };
  const { page, said } = await open(browser, fileOf("digits"), options);
  const box = await page.locator("#drawing").boundingBox();
  await page.touchscreen.tap(box.x + 140, box.y + 140);
  await page.waitForSelector(".bars");
  await shot(page, "digits-phone-dark");
  assert.deepEqual(said, []);
});

test("a picture of the model's size is taken pixel by pixel", async () => {
  const { page, said } = await open(browser, fileOf("digits"));
  const { vectors } = JSON.parse(readFileSync(join(FOLDER, "digits.json"), "utf-8"));
  const { pixels, xnnpack } = vectors.find(({ close }) => !close);
  const path = join(FOLDER, "digit.png");
  writeFileSync(path, greyPng(8, 8, Uint8Array.from(pixels)));
  await page.setInputFiles("#file", path);
  await page.waitForFunction(() => document.querySelector(".bars"));
  const shown = await page.evaluate(() => {
    const canvas = document.querySelector("canvas#seen");
    return [...canvas.getContext("2d").getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0);
  });
  assert.deepEqual(shown, pixels);
  const labels = await page.locator(".bars .label").allTextContents();
  assert.deepEqual(labels.slice(0, 3), xnnpack.top.map(String));
  const large = join(FOLDER, "large.png");
  writeFileSync(large, greyPng(64, 32, new Uint8Array(64 * 32).fill(90)));
  await page.setInputFiles("#file", large);
  await page.waitForFunction(() => document.getElementById("made").textContent.includes("64 x 32"));
  assert.deepEqual(said, []);
});

test("pictures that cannot be used are a sentence", async () => {
  const { page, said } = await open(browser, fileOf("digits"));
  const bad = [
    ["huge.png", pngHead(10_000, 10_000), /10,000 x 10,000 pixels; at most 16,777,216/],
    ["cut.png", greyPng(8, 8, new Uint8Array(64)).subarray(0, 45), /damaged: it cannot be decoded/],
    ["text.png", Buffer.from("<svg onload=alert(1)>"), /no picture that the page can read/],
    ["empty.png", Buffer.alloc(0), /no picture that the page can read/],
  ];
  for (const [name, content, sentence] of bad) {
    writeFileSync(join(FOLDER, name), content);
    await page.setInputFiles("#file", join(FOLDER, name));
    await page.waitForFunction(
      (name) => document.querySelector("#file").files[0]?.name === name,
      name,
    );
    await page.waitForFunction(
      (text) => new RegExp(text).test(document.querySelector(".error")?.textContent ?? ""),
      sentence.source,
    );
  }
  assert.deepEqual(said, []);
});

test("numbers go into a model of features", async () => {
  const { page, said } = await open(browser, fileOf("values"));
  await page.fill("#numbers", "1, 2, 3");
  await page.waitForSelector(".values li");
  assert.deepEqual(
    await page.locator(".values li").allTextContents(),
    (await page.evaluate(() => globalThis.pnetTf.run([1, 2, 3]))).values.map(String),
  );
  await page.fill("#numbers", "1, two, 3");
  await page.waitForSelector(".error");
  assert.equal(await page.textContent(".error"), "two is no finite number.");
  await page.fill("#numbers", "1 2");
  await page.waitForFunction(() =>
    document.querySelector(".error").textContent.startsWith("The model takes 3 numbers"),
  );
  assert.deepEqual(said, []);
});

test("labels of a classifier, in the dark", async () => {
  const { page, said } = await open(browser, fileOf("text"), { colorScheme: "dark" });
  await type(page, "where are you?");
  assert.equal(await page.locator(".chip").count(), 0);
  await page.click("summary");
  await shot(page, "classifier-dark");
  assert.deepEqual(said, []);
});

test("damage to the model or the runtime in a page is a sentence", async () => {
  const text = readFileSync(fileOf("text"), "utf-8");
  const model = text.match(/id="model">([^<]+)</)[1];
  const changed = (edit) => {
    const bytes = Buffer.from(model, "base64");
    return text.replace(model, edit(bytes).toString("base64"));
  };
  const flip = (at) => (bytes) => (bytes.writeUInt8(bytes[at] ^ 1, at), bytes);
  const cases = {
    flipped: [changed(flip(Buffer.from(model, "base64").length >> 1)), /damaged/],
    truncated: [changed((bytes) => bytes.subarray(0, 5000)), /damaged or cut short/],
    missing: [text.replace(model, ""), /not a TFLite file/],
    letters: [text.replace(model, "***"), /not base64/],
    other: [changed(() => Buffer.from("something else")), /not a TFLite file/],
    ranking: [pageWith(otherRanking), /ranking of version 9; this page reads 2/],
    wasm: [text.replace(/id="wasm">.{100}/, 'id="wasm">'), /cannot be unpacked|not base64/],
  };
  for (const [name, [content, sentence]] of Object.entries(cases)) {
    const file = join(FOLDER, `damaged-${name}.html`);
    writeFileSync(file, content);
    const { page, said, state } = await open(browser, file);
    assert.equal(state, "failed", name);
    assert.match(await page.textContent("#state"), sentence, name);
    assert.equal(await page.getAttribute("#state", "role"), "alert");
    assert.deepEqual(said, [], name);
    if (name === "flipped") await shot(page, "damaged");
  }
});

test("what is put into a page cannot run or fetch", async () => {
  const { page } = await open(browser, fileOf("text"));
  const outcome = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.injected = true";
    document.body.append(script);
    const blocked = await fetch("https://example.org/").then(
      () => false,
      () => true,
    );
    return [globalThis.injected === undefined, blocked];
  });
  assert.deepEqual(outcome, [true, true]);
});
