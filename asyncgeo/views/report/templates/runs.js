// The runs of the folder, one at a time: what was asked, how fast, against which limits, and what held it up.

function showRuns(section) {
  const runs = data.runs;
  if (!runs.length) {
    section.append(element("p", { class: "empty" }, "No event log of a run is in this folder, so there is no timeline. Runs write one under logs/."));
    return;
  }
  const place = element("div", {});
  const choose = element("select", { id: "run", change: () => place.replaceChildren(...oneRun(runs[choose.value])) });
  runs.forEach((run, k) => choose.append(element("option", { value: k }, `${moment(run.at)} · ${run.started ? run.started.model : "unknown model"} · ${run.last ? plural(run.last.done, "problem") : "no progress"}`)));
  choose.value = runs.length - 1;
  if (runs.length > 1) section.append(element("div", { class: "controls choice" }, element("label", { class: "wide" }, `Run (${runs.length} in this folder)`, choose)));
  place.replaceChildren(...oneRun(runs[runs.length - 1]));
  section.append(place);
}

function oneRun(run) {
  const { points, last } = run;
  const length = points.t.length;
  const bound = run.ended ? entries(run.ended.bound).filter(([, part]) => part >= 0.005).sort((a, b) => b[1] - a[1]) : [];
  return [
    last ? runTiles(run) : null,
    element("div", { class: "halves" }, runFacts(run), limitedBy(bound, run)),
    element("div", { class: "gap" }, length > 1 ? timelineOf(run) : element("p", { class: "empty" }, "The event log of this run holds no course: it was over at once, or was killed early.")),
    run.said.length ? messages(run) : null,
  ].filter(Boolean);
}

const asksModel = ({ started }) => !started || !(started.offline || started.model === data.rules_model);

function runTiles(run) {
  const { last, points } = run;
  const took = points.t[points.t.length - 1] || last.elapsed;
  return tiles([
    ["Done", count(last.done), `of ${count(last.total)}`],
    ["Took", duration(took), took ? `${figure(last.done / took)} problems/s` : ""],
    ["Requests", count(last.requests), `${plural(last.retries, "retry", "retries")}`],
    ["429 replies", count(last.rate_limited), last.requests ? `${share(last.rate_limited, last.requests)} of requests` : ""],
    asksModel(run) && ["Cost", money(last.cost), last.cost === null ? "no price known" : ""],
  ]);
}

function runFacts({ started, ended, merged, lost, at, name }) {
  const how = !ended ? "no end is recorded: it goes on, or was killed" : ended.exit_code ? `exit code ${ended.exit_code}: ${ended.message}` : "finished";
  return element("div", {}, element("h3", {}, "What was asked"), facts([
    ["Begun", moment(at)],
    ["Command", started && started.command.length ? element("code", {}, started.command.join(" ")) : null],
    ["Model", started ? `${started.model}${started.offline ? " (embedded, no model)" : ""}` : null],
    ["Endpoint", started ? started.base_url : null],
    ["Input", started ? `${started.input}, positions ${count(started.start)} to ${count(started.end)}, ${count(started.total)} pending` : null],
    ["Budget", started && started.budget !== null ? money(started.budget) : null],
    ["End", visible(how)],
    ["Failed", lost ? plural(lost, "problem") : null],
    ["Merged", merged ? `${plural(merged.problems, "problem")} into ${merged.output}` : null],
    ["Journal", element("code", {}, name)],
  ]));
}

function limitedBy(bound, run) {
  if (!bound.length) return element("div", {}, element("h3", {}, "What limited it"), element("p", { class: "empty" }, run.ended ? "Too short to tell." : "Told at the end of a run."));
  const rows = bound.map(([name, part]) => ({ label: BOUNDS[name] || name, count: Math.round(1000 * part) / 10 }));
  return element("table", { class: "chart" }, element("caption", {}, "What limited it ", element("small", {}, "share of the time")),
    element("tbody", {}, ...rows.map((row) => {
      const drawn = element("div", {});
      drawn.style.width = `${row.count}%`;
      return element("tr", {}, element("th", { scope: "row" }, row.label), element("td", { class: "track", "aria-hidden": "true" }, drawn), element("td", { class: "number" }, `${row.count.toFixed(1)} %`));
    })));
}

function timelineOf(run) {
  const { points } = run;
  const cursor = makeCursor(points.t.length);
  const priced = points.cost.some((value) => value !== null);
  const sum = (name) => points[name].reduce((all, n) => all + n, 0);
  const common = { t: points.t, refused: points.rate_limited, retried: points.retries, pauses: points.cool_down };
  const plots = [
    course({ ...common, title: "Requests per minute", values: points.requests_used, limit: points.requests_limit, format: short, noLimit: "no limit known" }, cursor),
    asksModel(run) && course({ ...common, refused: null, retried: null, title: "Tokens per minute", values: points.tokens_used, limit: points.tokens_limit, format: short, noLimit: "no limit known" }, cursor),
    course({ t: points.t, title: "Requests in flight", values: points.in_flight, limit: points.slots.map((n) => n || null), format: count }, cursor),
    course({ t: points.t, title: "Problems per second", values: points.rate, format: figure, axis: figure }, cursor),
    course({ t: points.t, title: "Problems done", values: points.done, format: count, note: `${count(points.done[points.done.length - 1])} in all` }, cursor),
    asksModel(run) && (priced
      ? course({ t: points.t, title: "Cost", values: points.cost, format: money, axis: money, note: `${money(points.cost[points.cost.length - 1])} in all` }, cursor)
      : element("div", {}, element("h3", {}, "Cost"), element("p", { class: "empty" }, "The event log names no cost: the price of the model is not known, or nothing was paid."))),
  ];
  const keys = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
  const legend = [["line", "used"], ["limit", "limit"], sum("rate_limited") && ["refused", `429 replies, above (${count(sum("rate_limited"))})`], sum("retries") && ["retried", `retries, below (${count(sum("retries"))})`], points.cool_down.some(Boolean) && ["pause", "cool-down"]];
  return element("div", {}, element("h3", {}, "Course ", element("small", {}, "by the time since its begin")), element("ul", { class: "legend marks" }, ...legend.filter(Boolean).map(([kind, label]) => element("li", {}, markOf(kind), label))), element("div", {
    class: "halves", role: "group", tabindex: "0", "aria-label": "Course of the run; arrow keys move through its time",
    keydown: (event) => { if (keys[event.key]) { cursor.step(keys[event.key]); event.preventDefault(); } },
    blur: () => cursor.move(null),
  }, ...plots));
}

/** A mark as the plots draw it, for their legend. */
function markOf(kind) {
  const drawn = {
    line: () => [shape("line", { class: "line", x1: 0, x2: 22, y1: 7, y2: 7 })],
    limit: () => [shape("line", { class: "limit", x1: 0, x2: 22, y1: 7, y2: 7 })],
    refused: () => [3, 9, 15].map((x, k) => shape("rect", { class: "refused", x, width: 4, y: [6, 0, 9][k], height: [8, 14, 5][k] })),
    retried: () => [3, 9, 15].map((x, k) => shape("rect", { class: "retried", x, width: 4, y: 0, height: [8, 14, 5][k] })),
    pause: () => [shape("rect", { class: "pause", x: 2, y: 0, width: 18, height: 14 })],
  };
  return shape("svg", { class: "mark", viewBox: "0 0 22 14", width: 22, height: 14, "aria-hidden": "true" }, ...drawn[kind]());
}

function messages(run) {
  return element("div", { class: "gap" }, element("h3", {}, "What it said ", element("small", {}, plural(run.said.length, "message"))),
    element("ul", { class: "messages", tabindex: "0" }, ...run.said.map(([t, level, text]) =>
      element("li", {}, element("span", { class: "number soft" }, duration(t)), element("span", { class: level === "info" ? "soft" : "alarm" }, level), element("span", {}, ...visible(text))))));
}
