// Plots by Chart.js: lines, points and bars on canvases, each with its numbers as a table beside.

import { element, table } from "./view.mjs";

// Okabe and Ito's colours, which people with any colour vision tell apart
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"];
const drawn = [];

/** Lines over `xs`: `series` maps a name to values, null where there is none. */
export function lines({
  title,
  xs,
  series,
  x,
  y,
  percent = false,
  whole = false,
  diagonal = false,
}) {
  const datasets = Object.entries(series).map(([name, values], i) => ({
    label: name,
    data: values.map((value, j) => ({ x: xs[j], y: value })),
    borderColor: COLOURS[i % COLOURS.length],
    backgroundColor: COLOURS[i % COLOURS.length],
    pointRadius: xs.length > 40 ? 0 : 2.5,
    borderWidth: 2,
    tension: 0,
    spanGaps: true,
  }));
  if (diagonal) datasets.push(dashed());
  const rows = xs.map((value, i) => [
    shown(value),
    ...Object.values(series).map((values) => shown(values[i])),
  ]);
  const across = whole ? { min: xs[0], max: xs.at(-1) } : {};
  const scale = { ...axis(x, { whole }), ...across };
  return figure(
    title,
    { type: "line", datasets, x: scale, y: axis(y, { share: percent }) },
    [x, ...Object.keys(series)],
    rows,
  );
}

/** Marks: `groups` maps a name to [{x, y, title}]; `front` are those to join by a line. */
export function points({ title, groups, front = [], x, y, logarithmic = false, percent = false }) {
  const datasets = Object.entries(groups).map(([name, data], i) => ({
    label: name,
    data,
    backgroundColor: COLOURS[i % COLOURS.length],
    pointRadius: 5,
    pointStyle: ["circle", "rect", "triangle", "rectRot"][i % 4],
  }));
  if (front.length) {
    datasets.push({
      label: "front",
      data: front,
      showLine: true,
      stepped: "before",
      borderColor: "#888888",
      borderWidth: 1.5,
      pointRadius: 0,
    });
  }
  const rows = Object.entries(groups).flatMap(([name, data]) =>
    data.map((at) => [at.title ?? name, shown(at.x), shown(at.y)]),
  );
  const scale = axis(x, { type: logarithmic ? "logarithmic" : "linear" });
  if (logarithmic)
    Object.assign(
      scale,
      around(
        Object.values(groups)
          .flat()
          .map((at) => at.x),
      ),
    );
  return figure(
    title,
    { type: "scatter", datasets, x: scale, y: axis(y, { share: percent }) },
    ["mark", x, y],
    rows,
  );
}

/** One bar, cut into named parts. */
export function parts({ title, values, x }) {
  const datasets = Object.entries(values).map(([name, value], i) => ({
    label: name,
    data: [value],
    backgroundColor: COLOURS[i % COLOURS.length],
    stack: "all",
  }));
  const y = { stacked: true, display: false };
  const rows = Object.entries(values).map(([name, value]) => [name, shown(value)]);
  return figure(
    title,
    {
      type: "bar",
      datasets,
      labels: [""],
      horizontal: true,
      x: { ...axis(x, {}), stacked: true },
      y,
    },
    ["part", x],
    rows,
    "low",
  );
}

/** Draws all anew when a person changes between light and dark. */
export function followColours() {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    drawn.forEach((draw) => draw()),
  );
}

function figure(title, plot, head, rows, size = "") {
  const canvas = element("canvas", {
    role: "img",
    "aria-label": `Plot: ${title}. Its numbers are in the table below.`,
  });
  let chart = null;
  const draw = () => {
    chart?.destroy();
    chart = new globalThis.Chart(canvas, options(plot));
  };
  drawn.push(draw);
  // once it is in the page: its size is taken from there
  requestAnimationFrame(draw);
  const numbers = element("details", {}, element("summary", {}, "Numbers"), table(head, rows));
  return element(
    "figure",
    { class: "figure" },
    element("h3", {}, title),
    element("div", { class: `plot ${size}` }, canvas),
    numbers,
  );
}

function options({ type, datasets, labels, horizontal = false, x, y }) {
  const [ink, line] = ["--soft", "--line"].map((name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim(),
  );
  const coloured = (scale) => ({
    ...scale,
    grid: { color: line },
    border: { color: line },
    ticks: { ...scale.ticks, color: ink },
    title: { ...scale.title, color: ink },
  });
  return {
    type,
    data: { labels, datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: horizontal ? "y" : "x",
      interaction: { mode: type === "line" ? "index" : "nearest", intersect: false },
      plugins: {
        legend: { position: "bottom", labels: { color: ink, usePointStyle: true, boxHeight: 7 } },
        tooltip: {
          callbacks: type === "scatter" ? { afterLabel: ({ raw }) => raw.title ?? "" } : {},
        },
      },
      scales: { x: coloured(x), y: coloured(y) },
    },
  };
}

function axis(text, { type = "linear", share = false, whole = false }) {
  const calm = { maxRotation: 0, autoSkipPadding: 14, includeBounds: false };
  const ticks = whole
    ? { precision: 0 }
    : share
      ? { callback: (value) => `${Math.round(1000 * value) / 10} %` }
      : {};
  return { type, title: { display: Boolean(text), text }, ticks: { ...calm, ...ticks } };
}

/** Room beside the outermost marks. */
function around(values) {
  return { min: Math.min(...values) / 1.2, max: Math.max(...values) * 1.2 };
}

function dashed() {
  return {
    label: "as sure as right",
    data: [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ],
    borderColor: "#888888",
    borderDash: [5, 5],
    borderWidth: 1,
    pointRadius: 0,
  };
}

function shown(value) {
  if (typeof value !== "number") return "";
  return Number.isInteger(value)
    ? value.toLocaleString("en")
    : String(Number(value.toPrecision(4)));
}
