// Numbers with their units, and what our names mean in words.

const NONE = "–";
const count = (n) => Math.round(n).toLocaleString("en-US");
const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : NONE);

/** A number of three digits that count: 0.042, 4.2, 42, 4,200. */
function figure(n) {
  if (n === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(n))));
  return n.toLocaleString("en-US", { maximumFractionDigits: Math.min(digits, 6) });
}

const seconds = (s) => (s < 1 ? `${figure(s * 1000)} ms` : `${figure(s)} s`);

function duration(s) {
  if (s < 120) return `${s < 10 ? figure(s) : Math.round(s)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function money(usd) {
  if (usd === null || usd === undefined) return NONE;
  return `$${usd >= 1 ? usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : figure(usd)}`;
}

/** A large count in few characters: 30.1 M. */
function short(n) {
  if (n >= 1e9) return `${figure(n / 1e9)} G`;
  if (n >= 1e6) return `${figure(n / 1e6)} M`;
  return n >= 1e4 ? `${figure(n / 1e3)} k` : count(n);
}

/** 2026-11-23T15:02:09.709Z → 2026-11-23 15:02:09 UTC; what is no time as it stands. */
function moment(text) {
  const at = new Date(text);
  return isNaN(at) ? text : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const plain = (name) => name.replaceAll("_", " ");
const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many || one + "s"}`;

const OUTCOMES = {
  model: { sign: "●", word: "parsed by a model", brief: "model" },
  rules: { sign: "◆", word: "parsed by the rules", brief: "rules" },
  stand_in: { sign: "▲", word: "rules stand-in", brief: "stand-in" },
  skipped: { sign: "○", word: "skipped", brief: "skipped" },
  error: { sign: "✕", word: "error", brief: "error" },
};
const SOURCES = { model: "a model", rules: "the rules", screen: "the screen" };
const STATES = {
  determined: "determined: one figure",
  flexible: "flexible: the figure can move",
  "over-determined": "over-determined: some condition says what others imply",
  contradictory: "contradictory: no figure found",
  empty: "empty: nothing to draw",
  "not judged": "not judged: too large to draw",
};
const ANSWERS = {
  right: "the same in all figures, and the key",
  wrong: "the same in all figures, and not the key",
  several: "a few values: which side or arc, only the picture shows",
  open: "another value in each figure",
  determined: "the same in all figures; there is no key",
  "not measured": "no quantity of the figure, or the parse lacks it",
};
const MARKS = {
  contradicts: "asked twice; the answer still contradicts itself",
  rechecked: "made again from the kept answer, without asking",
};
const BOUNDS = {
  requests: "requests per minute",
  tokens: "tokens per minute",
  cool_down: "cool-down after a 429",
  outage: "endpoint down",
  concurrency: "answers awaited (slots × latency)",
  cpu: "this program's own work",
  nothing: "start-up and last answers",
};

const sign = (outcome) => element("span", { class: `sign sign-${outcome}`, "aria-hidden": "true" }, OUTCOMES[outcome].sign);
