// The sections above the table: outcome, what was parsed, cost and effort.

const figures = data.figures;
const entries = (counts) => Object.entries(counts);
const total = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);
const outcomes = Object.fromEntries(Object.keys(OUTCOMES).map((key) => [key, figures.outcomes[key] || 0]));
const problems = total(outcomes);
const parsed = outcomes.model + outcomes.rules;
const parses = parsed + outcomes.stand_in;
const failures = outcomes.stand_in + outcomes.error;
const judged = total(figures.states) - (figures.states["not judged"] || 0);
const answered = total(figures.answers);
const reviewed = total(figures.reviews);
const drawable = judged - (figures.states.contradictory || 0);

const asked = () => entries(figures.models).some(([name]) => name && name !== data.rules_model);
const UNPRICED = "no price of the model is known";

function showOutcome(section) {
  section.append(
    tiles([
      ["Problems", count(problems)],
      ["Parsed", count(parsed), share(parsed, problems)],
      ["Skipped", count(outcomes.skipped), share(outcomes.skipped, problems)],
      ["Stood in", count(outcomes.stand_in), outcomes.stand_in ? "by the rules: the model failed" : "none"],
      ["Failed", count(outcomes.error), outcomes.error ? share(outcomes.error, problems) : "none"],
      ["Can be drawn", judged ? share(drawable, judged) : NONE, judged ? `${count(judged - drawable)} of ${plural(judged, "parse")} contradictory` : "not verified"],
      asked() && ["Cost", money(figures.cost), figures.cost === null ? UNPRICED : `${money(figures.cost / Math.max(1, figures.priced))} a problem`],
    ]),
  );
  if (!problems) {
    section.append(element("p", { class: "empty" }, "This folder holds no rows yet."));
    return;
  }
  const parts = entries(outcomes).map(([key, n]) => ({ key, label: OUTCOMES[key].word, count: n, fill: key }));
  section.append(
    element("h3", {}, "What became of every problem"),
    strip(parts, problems),
    element(
      "ul",
      { class: "legend" },
      ...parts.filter((part) => part.count).map((part) =>
        element("li", {}, sign(part.key), filterButton({ outcome: part.key }, `${part.label} `, element("b", {}, count(part.count)), ` (${share(part.count, problems)})`)),
      ),
    ),
    element(
      "div",
      { class: "halves gap" },
      bars({ caption: "Why problems were skipped", rows: words(figures.skip_reasons, "word"), of: outcomes.skipped, empty: "No problem was skipped." }),
      bars({ caption: "Errors by kind", note: outcomes.stand_in ? "stand-ins included" : "", rows: words(figures.error_kinds, "word"), of: failures, empty: "No problem failed." }),
    ),
  );
}

const words = (counts, key) => entries(counts).map(([name, n]) => ({ label: plain(name), count: n, filter: { [key]: name } }));

function showDataset(section) {
  if (!parses) {
    section.append(element("p", { class: "empty" }, "No problem was parsed."));
    return;
  }
  const known = data.categories.map((name) => [name, figures.categories[name] || 0]).sort((a, b) => b[1] - a[1]);
  const other = entries(figures.categories).filter(([name]) => !data.categories.includes(name));
  section.append(
    element(
      "div",
      { class: "halves" },
      bars({ caption: "Category", rows: [...known, ...other].map(([label, n]) => ({ label, count: n, filter: { category: label } })), of: parses }),
      element(
        "div",
        {},
        bars({
          caption: "Difficulty",
          note: "of drawing the figure, 1 to 5",
          rows: entries(figures.difficulties).map(([level, n]) => ({ label: level, count: n, filter: { difficulty: level } })),
          of: parses,
        }),
        element("div", { class: "gap" }, judged
          ? bars({
              caption: "Can the parse be drawn?",
              note: figures.rounded ? `${count(figures.rounded)} of the contradictory hold to 1 %: rounded numbers` : judged < parses ? `${count(parses - judged)} not verified` : "",
              rows: entries(figures.states).map(([state, n]) => ({ label: state, title: STATES[state], count: n, fill: state === "contradictory" ? "error" : "", filter: { verdict: state } })),
              of: judged,
            })
          : element("div", {}, element("h3", {}, "Can the parse be drawn?"), element("p", { class: "empty" }, "Not verified: run ", element("code", {}, "asyncgeo verify"), " and make the report again."))),
        answered ? element("div", { class: "gap" }, bars({
          caption: "Does the parse lead to the key?",
          note: "what is asked, measured in figures of the parse",
          rows: entries(figures.answers).map(([state, n]) => ({ label: state, title: ANSWERS[state], count: n, fill: state === "wrong" ? "error" : "", filter: { answer: state } })),
          of: answered,
        })) : null,
        reviewed ? element("div", { class: "gap" }, bars({
          caption: "Do its witnesses agree?",
          note: "figure, key, and what the rules read in the text",
          rows: entries(figures.reviews).map(([state, n]) => ({ label: state, count: n, fill: state === "disputed" ? "error" : "", filter: { review: state } })),
          of: reviewed,
        })) : null,
      ),
    ),
    conditionTypes(),
  );
}

const TYPES_SHOWN = 16;

/** Condition types in two columns, the rest on demand. */
function conditionTypes() {
  const rows = figures.types.map(([name, n, rows_]) => ({ label: name, code: true, count: n, title: `${data.glosses[name] || "not in the table of types"}; in ${plural(rows_, "problem")}`, filter: { type: name } }));
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const place = element("div", { class: "halves" });
  const draw = (shown) => {
    const half = Math.ceil(shown.length / 2);
    const most = rows.length ? rows[0].count : 1;
    place.replaceChildren(...[shown.slice(0, half), shown.slice(half)].filter((part) => part.length).map((part) =>
      element("table", { class: "chart" }, element("caption", { class: "hidden" }, "Condition types"), element("tbody", {}, ...part.map((row) => bar(row, most, all)))),
    ));
  };
  draw(rows.slice(0, TYPES_SHOWN));
  const more = element("button", { type: "button", class: "quiet screen", click: () => { draw(rows); more.remove(); } }, `Show all ${rows.length} types`);
  addEventListener("beforeprint", () => draw(rows));
  return element("div", { class: "gap" },
    element("h3", {}, "Conditions by type ", element("small", {}, `${plural(all, "condition")}, ${figure(all / parses)} a parse`)),
    rows.length ? place : element("p", { class: "empty" }, "No parse has a condition."),
    rows.length > TYPES_SHOWN ? element("p", {}, more) : null);
}

/** Without a model nothing was billed or awaited. */
function showEffort(section) {
  if (!asked()) {
    section.remove();
    return;
  }
  const { tokens, histograms } = figures;
  const billed = histograms.input_tokens ? histograms.input_tokens.n : 0;
  section.append(
    tiles([
      ["Cost of these rows", money(figures.cost), figures.cost === null ? UNPRICED : `${plural(figures.priced, "row")} with a known price`],
      ["Tokens in", tokens.in ? short(tokens.in) : NONE, tokens.in ? `${count(tokens.in / billed)} a problem` : "none billed"],
      ["of them cached", tokens.in ? share(tokens.cached, tokens.in) : NONE, tokens.in ? short(tokens.cached) + (tokens.cache_write ? `, ${short(tokens.cache_write)} written` : "") : ""],
      ["Tokens out", tokens.out ? short(tokens.out) : NONE, tokens.out ? `${count(tokens.out / billed)} a problem` + (tokens.reasoning ? `, ${share(tokens.reasoning, tokens.out)} thinking` : "") : ""],
      ["Median latency", histograms.latency ? seconds(histograms.latency.quantiles[1]) : NONE, histograms.latency ? `90 % ≤ ${seconds(histograms.latency.quantiles[2])}` : "no request was timed"],
    ]),
    element(
      "div",
      { class: "thirds" },
      histogram("Latency of the last attempt", histograms.latency, seconds, "No row tells a latency."),
      histogram("Tokens in, a problem", histograms.input_tokens, short, "No row tells tokens."),
      histogram("Tokens out, a problem", histograms.output_tokens, short, "No row tells tokens."),
    ),
    element("div", { class: "halves gap" }, verdictsTable(), attemptsChart()),
  );
}

function verdictsTable() {
  const rows = [...entries(figures.sources).map(([name, n]) => ["verdict by", SOURCES[name] || name, n, { source: name }]), ...entries(figures.models).map(([name, n]) => ["model", name || "no request", n, { model: name }])];
  return element(
    "table",
    { class: "key" },
    element("caption", {}, "Sources and models"),
    element("thead", {}, element("tr", {}, element("th", {}, "what"), element("th", {}, "name"), element("th", { class: "number optional" }, "USD per 1 M tokens: in / cached / out"), element("th", { class: "number" }, "rows"))),
    element("tbody", {}, ...rows.map(([kind, name, n, filter]) =>
      element("tr", {}, element("td", { class: "soft" }, kind), element("th", { scope: "row" }, filterButton(filter, name)),
        element("td", { class: "number optional" }, kind === "model" && data.prices[name] ? data.prices[name].map(figure).join(" / ") : kind === "model" ? NONE : ""),
        element("td", { class: "number" }, count(n))),
    )),
  );
}

const attemptsChart = () =>
  bars({ caption: "Requests a problem took", rows: entries(figures.attempts).map(([n, times]) => ({ label: n === "0" ? "none" : n, count: times })), of: total(figures.attempts), empty: "No row tells its attempts." });
