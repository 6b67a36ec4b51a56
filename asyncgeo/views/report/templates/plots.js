// Histograms and courses over time, as SVG drawn once for the width there is, and again when that changes.

const LEFT = 52;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 22;
/** Above and below a course there is room for refusals and retries. */
const ABOVE = 18;
const BELOW = 32;

/** The least of 1, 2, 5 × a power of ten that is not below the value. */
function nice(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value * 0.999999);
}

function ticks(low, high, most) {
  const step = nice((high - low) / most);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(1, Math.floor(high / step + 1e-9) - first + 1) }, (_, k) => (first + k) * step);
}

/** Keeps `draw(width)` up to date with the width of its place; printing scales what is there. */
function fitted(place, draw) {
  let drawn = 0;
  const fit = () => {
    const width = Math.max(260, Math.round(place.clientWidth));
    if (!place.clientWidth || width === drawn || matchMedia("print").matches) return;
    drawn = width;
    place.replaceChildren(draw(width));
  };
  new ResizeObserver(fit).observe(place);
  return place;
}

function plot(title, note, aria, draw) {
  const readout = element("span", {}, note);
  const place = fitted(element("div", {}), draw);
  return { node: element("figure", { class: "plot", "aria-label": aria }, element("figcaption", {}, element("b", {}, title), readout), place), readout };
}

/** A histogram from `figures.histogram`; the median is marked, what lies beyond the axis stands as the last bar. */
function histogram(title, spec, format, empty) {
  if (!spec) return element("div", {}, element("h3", {}, title), element("p", { class: "empty" }, empty));
  const [least, median, p90, , most] = spec.quantiles;
  const note = `median ${format(median)} · 90 % ≤ ${format(p90)} · max ${format(most)}`;
  const aria = `${title}, ${count(spec.n)} values from ${format(least)}: ${note}`;
  return plot(title, note, aria, (width) => drawHistogram(spec, format, median, width)).node;
}

function drawHistogram(spec, format, median, width) {
  const height = 150;
  const bins = spec.over ? [...spec.counts, spec.over] : spec.counts;
  const inner = width - LEFT - RIGHT;
  const wide = inner / (spec.counts.length + (spec.over ? 2 : 0));
  const most = Math.max(...bins);
  const x = (value) => LEFT + ((value - spec.start) / spec.step) * wide;
  const y = (n) => TOP + (height - TOP - BOTTOM) * (1 - n / most);
  const end = spec.start + spec.step * spec.counts.length;
  const root = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "presentation" });
  for (const n of ticks(0, most, 3).filter(Number.isInteger)) {
    root.append(shape("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(n), y2: y(n) }));
    root.append(shape("text", { x: LEFT - 8, y: y(n) + 4, "text-anchor": "end" }, short(n)));
  }
  bins.forEach((n, k) => {
    const over = k === spec.counts.length;
    const left = over ? LEFT + (k + 1) * wide : LEFT + k * wide;
    const from = spec.start + k * spec.step;
    const range = over ? `above ${format(end)}` : `${format(from)} to ${format(from + spec.step)}`;
    const drawn = shape("rect", { class: over ? "bar over" : "bar", x: left + 0.5, width: Math.max(1, wide - 1), y: y(n), height: Math.max(n ? 1 : 0, y(0) - y(n)) });
    drawn.append(shape("title", {}, `${range}: ${count(n)}`));
    root.append(drawn);
    if (over) root.append(shape("text", { x: width - RIGHT, y: height - 6, "text-anchor": "end" }, "more"));
  });
  for (const value of ticks(spec.start, end, Math.max(3, Math.floor(inner / 52)))) {
    if (!spec.over || x(value) < width - RIGHT - 56) root.append(shape("text", { x: x(value), y: height - 6, "text-anchor": "middle" }, format(value)));
  }
  root.append(shape("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0) }));
  root.append(shape("line", { class: "median", x1: x(median), x2: x(median), y1: TOP, y2: y(0) }));
  return root;
}

const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

function timeTicks(end, most) {
  const step = TIMES.find((each) => end / each <= most) || 86400 * Math.ceil(end / most / 86400);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, k) => k * step);
}

function clock(s) {
  if (s === 0) return "0";
  if (s % 3600 === 0) return `${s / 3600} h`;
  if (s % 60 === 0) return `${s / 60} min`;
  return s > 60 ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}` : `${s} s`;
}

/**
 * One quantity over the time of a run. spec: {title, t, values, limit?, refused?, retried?, pauses?, format, unit, note};
 * `cursor` is shared by the plots of a run: pointing at one shows that moment in all.
 */
function course(spec, cursor) {
  const top = Math.max(...spec.values.map((value) => value || 0), 0);
  const known = (spec.limit || []).filter((value) => value !== null);
  const limit = known.length ? Math.max(...known) : null;
  const offScale = limit !== null && limit > 4 * Math.max(top, 1e-9);
  const reach = (limit !== null && !offScale ? Math.max(top, limit) : top) || 1;
  const end = Math.ceil(reach / nice(reach / 5) - 1e-9) * nice(reach / 5);
  const note = [spec.note, limit === null ? spec.noLimit : `limit ${spec.format(known[known.length - 1])}${offScale ? ", far above this scale" : " (dashed)"}`].filter(Boolean).join(" · ");
  const made = plot(spec.title, note, `${spec.title}: at most ${spec.format(top)}. ${note}`, (width) => drawCourse(spec, cursor, { end, limit: offScale ? null : spec.limit }, width));
  cursor.watch((k) => {
    made.readout.textContent = k === null ? note : readout(spec, k);
  });
  return made.node;
}

function readout(spec, k) {
  const parts = [`at ${duration(spec.t[k])}: ${spec.values[k] === null ? "unknown" : spec.format(spec.values[k])}`];
  if (spec.limit && spec.limit[k] !== null) parts.push(`limit ${spec.format(spec.limit[k])}`);
  if (spec.refused && spec.refused[k]) parts.push(plural(spec.refused[k], "429"));
  if (spec.retried && spec.retried[k]) parts.push(plural(spec.retried[k], "retry", "retries"));
  return parts.join(" · ");
}

function drawCourse(spec, cursor, { end, limit }, width) {
  const height = 146;
  const { t, values } = spec;
  const last = Math.max(t[t.length - 1] || 0, 1e-9);
  const x = (s) => LEFT + (s / last) * (width - LEFT - RIGHT);
  const y = (value) => ABOVE + (height - ABOVE - BELOW) * (1 - value / end);
  const root = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "presentation" });
  for (const value of ticks(0, end, 5)) {
    root.append(shape("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }));
    root.append(shape("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, spec.axis ? spec.axis(value) : short(value)));
  }
  for (const s of timeTicks(last, Math.max(2, Math.floor(width / 110)))) {
    root.append(shape("text", { x: x(s), y: spec.retried ? height - 5 : y(0) + 16, "text-anchor": s ? (x(s) > width - 24 ? "end" : "middle") : "start" }, clock(s)));
  }
  const before = (k) => (k ? t[k - 1] : 0);
  (spec.pauses || []).forEach((pause, k) => {
    if (pause > 0) root.append(shape("rect", { class: "pause", x: x(before(k)), width: Math.max(1, x(t[k]) - x(before(k))), y: ABOVE, height: y(0) - ABOVE }));
  });
  const points = values.map((value, k) => (value === null ? null : `${x(t[k]).toFixed(1)},${y(Math.min(value, end)).toFixed(1)}`)).filter(Boolean);
  if (points.length) {
    const [first, final] = [points[0].split(",")[0], points[points.length - 1].split(",")[0]];
    root.append(shape("path", { class: "area", d: `M${first},${y(0)} L${points.join(" L")} L${final},${y(0)} Z` }));
    root.append(shape("path", { class: "line", d: `M${points.join(" L")}` }));
  }
  if (limit) {
    const steps = limit.map((value, k) => (value === null ? "" : `${k && limit[k - 1] !== null ? "L" : "M"}${x(before(k)).toFixed(1)},${y(value).toFixed(1)} L${x(t[k]).toFixed(1)},${y(value).toFixed(1)}`));
    root.append(shape("path", { class: "limit", d: steps.join(" ") }));
  }
  root.append(shape("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0) }));
  if (spec.refused) root.append(...rug("refused", spec.refused, t, x, ABOVE - 3, -1));
  if (spec.retried) root.append(...rug("retried", spec.retried, t, x, y(0) + 1, 1));
  const line = shape("line", { class: "cursor", x1: 0, x2: 0, y1: ABOVE, y2: y(0), visibility: "hidden" });
  root.append(line);
  cursor.watch((k) => {
    line.setAttribute("visibility", k === null ? "hidden" : "visible");
    if (k !== null) ["x1", "x2"].forEach((name) => line.setAttribute(name, x(t[k])));
  });
  root.addEventListener("pointermove", (event) => {
    const box = root.getBoundingClientRect();
    const s = (((event.clientX - box.left) * (width / box.width) - LEFT) / (width - LEFT - RIGHT)) * last;
    cursor.move(nearest(t, s));
  });
  root.addEventListener("pointerleave", () => cursor.move(null));
  return root;
}

const RUG = { wide: 5, high: 11 };

/** How often something happened, as bars beside the plot: up from its top, or down from its axis. */
function rug(kind, counts, t, x, from, way) {
  const places = new Map();
  counts.forEach((n, k) => {
    const place = Math.floor(x(t[k]) / RUG.wide);
    if (n) places.set(place, (places.get(place) || 0) + n);
  });
  const most = Math.max(...places.values());
  return [...places].map(([place, n]) => {
    const high = Math.max(4, (RUG.high * n) / most);
    return shape("rect", { class: kind, x: place * RUG.wide, width: RUG.wide - 1, y: way > 0 ? from : from - high, height: high });
  });
}

function nearest(t, s) {
  let low = 0;
  let high = t.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t[middle] < s) low = middle + 1;
    else high = middle;
  }
  return low && s - t[low - 1] < t[low] - s ? low - 1 : low;
}

/** The moment that all plots of a run point at; null is none. */
function makeCursor(length) {
  const watchers = [];
  let at = null;
  const move = (k) => {
    at = k === null ? null : Math.max(0, Math.min(length - 1, k));
    watchers.forEach((watch) => watch(at));
  };
  return { move, step: (by) => move(at === null ? (by > 0 ? 0 : length - 1) : at + by), watch: (watch) => watchers.push(watch) };
}
