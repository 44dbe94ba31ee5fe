// How the training went: every loss term and every accuracy, an epoch a point.

import { lines } from "./plots.mjs";
import { card, element } from "./view.mjs";

/** A card of the columns of history.csv. */
export function curvesCard(history) {
  const epochs = history.epoch;
  const named = (end) =>
    Object.fromEntries(
      Object.entries(history)
        .filter(([name]) => name.endsWith(end))
        .map(([name, values]) => [name.replaceAll("_", " "), values]),
    );
  const wanted = [
    { title: "Loss terms", series: named("loss"), y: "loss" },
    { title: "Accuracy", series: named("accuracy"), y: "accuracy", percent: true },
    { title: "Mean squared error", series: named("mse"), y: "error" },
  ];
  const plots = wanted
    .filter(({ series }) => Object.keys(series).length)
    .map((plot) => lines({ ...plot, xs: epochs, x: "epoch", whole: true }));
  return card("Training", element("div", { class: "two" }, plots));
}
