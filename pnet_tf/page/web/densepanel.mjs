// Typing a row of numbers for a model of features.

import { parseNumbers } from "./numbers.mjs";
import { card, element, settled } from "./view.mjs";

/** Cards for a model of features; `answers` shows what comes out. */
export function densePanel(metadata, answers) {
  const [count] = metadata.shape;
  const box = element("textarea", {
    id: "numbers",
    rows: "4",
    spellcheck: "false",
    inputmode: "decimal",
  });
  const read = () => {
    if (!box.value.trim()) {
      answers.clear();
      return;
    }
    try {
      answers.show(parseNumbers(box.value, count));
    } catch (error) {
      answers.fail(error);
    }
  };
  box.addEventListener("input", settled(read, 150));
  const put = (numbers) => {
    box.value = numbers.join(" ");
    read();
  };
  const label = element(
    "label",
    { for: "numbers" },
    `${count} numbers, parted by spaces or commas`,
  );
  return { before: [card("Features", label, box)], after: [], focus: () => box.focus(), put };
}
