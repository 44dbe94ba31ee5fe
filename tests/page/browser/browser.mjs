// Chromium of this machine, and pages that tell of everything that they must not do.

import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
// nothing of the browser's own may look for the network either
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// a machine that does something else besides takes its time
const PATIENCE_MS = 180_000;

/** Where the pages of make_pages.py are. */
export const FOLDER = process.env.PNET_TF_PAGES;

export function launch() {
  const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
  if (!executablePath)
    throw new Error(`no Chromium at ${PLACES.join(", ")}; CHROMIUM names another one`);
  return chromium.launch({ executablePath, args: FLAGS, timeout: PATIENCE_MS });
}

/** A page of `file`, ready or failed, with `said` (console, errors, requests) and `state`. */
export async function open(browser, file, options = {}) {
  // one at a time: each holds a runtime and a model
  await Promise.all(browser.contexts().map((context) => context.close()));
  const context = await browser.newContext({
    viewport: { width: 900, height: 900 },
    offline: true,
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  const url = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== url && request.url() !== "data:,")
      said.push(`request: ${request.url().slice(0, 80)}`);
  });
  const started = Date.now();
  await page.goto(url);
  await page.waitForSelector("html[data-state]");
  const state = await page.evaluate(() => document.documentElement.dataset.state);
  return { page, said, state, readyMs: Date.now() - started };
}
