// Reads cases from standard input and says what the page's modules make of them.

import { readFileSync } from "node:fs";

import { suggest } from "../../pnet_tf/page/web/ranking.mjs";
import { encodeMessage } from "../../pnet_tf/page/web/text.mjs";

const { messages, length, rankings } = JSON.parse(readFileSync(0, "utf-8"));
const found = {
  messages: messages.map((text) => {
    const { bytes, rest } = encodeMessage(text, length);
    return [[...bytes], rest !== ""];
  }),
  rankings: rankings.map(({ scores, message, labels, replies, ranking }) =>
    suggest(scores, Uint8Array.from(message), labels, new Map(Object.entries(replies)), ranking),
  ),
};
process.stdout.write(JSON.stringify(found));
