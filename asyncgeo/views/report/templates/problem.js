// One problem opened: its text, figure, objects, conditions, findings, how it came to be, and the raw answer.

const dialog = byId("problem");
let opened = null;

function openProblem(place) {
  opened = place;
  setActive(place);
  const row = order[place];
  dialog.replaceChildren(problemHead(row, place), problemBody(row));
  if (!dialog.open) dialog.showModal();
  byId("problem-body").focus({ preventScroll: true });
  address(`#problem=${encodeURIComponent(cell(row, "id"))}`);
}

function closeProblem() {
  opened = null;
  address("#problems");
  view.sheet.focus({ preventScroll: true });
}

/** The address names what is open, so that it can be passed on; some places forbid that. */
function address(hash) {
  try {
    history.replaceState(null, "", hash);
  } catch {
    /* nothing depends on it */
  }
}

const step = (by) => () => {
  if (opened !== null && order[opened + by] !== undefined) openProblem(opened + by);
};

function problemHead(row, place) {
  const outcome = outcomeOf(row);
  const button = (id, label, name, press, on) => element("button", { type: "button", class: "quiet", id, "aria-label": name, disabled: !on, click: press }, label);
  return element("div", { class: "problem-head" },
    element("h2", { id: "problem-title" }, "Problem ", ...visible(cell(row, "id"))),
    element("span", {}, sign(outcome), ` ${OUTCOMES[outcome].word}`),
    word(row, "category") ? element("span", { class: "soft" }, `${word(row, "category")} · difficulty ${cell(row, "difficulty")}`) : null,
    element("span", { class: "spread" },
      element("span", { class: "soft number" }, `${count(place + 1)} of ${count(order.length)}`),
      button("previous", "←", "Previous problem", step(-1), place > 0),
      button("next", "→", "Next problem", step(1), place + 1 < order.length),
      button("close", "Close", "Close", () => dialog.close(), true)));
}

function problemBody(row) {
  const body = element("div", { class: "problem-body", id: "problem-body", tabindex: "0" });
  const parsed = cell(row, "conditions") !== null;
  const drawing = parsed ? drawingOf(row) : null;
  body.append(element("div", { class: drawing ? "problem-top" : "problem-top alone" }, textsOf(row), drawing));
  const reason = word(row, "word");
  if (outcomeOf(row) === "skipped") body.append(heading("Why it was skipped"), element("p", {}, plain(reason), cell(row, "detail") ? ": " : "", ...visible(cell(row, "detail") || "")));
  if (cell(row, "error") !== null) body.append(heading(parsed ? "Why the rules stand in" : "Error"), element("p", { class: "alarm" }, reason ? `${plain(reason)}: ` : "", ...visible(cell(row, "error"))));
  if (parsed) body.append(...conditionsTable(row));
  if (cell(row, "unexpressed")) body.append(heading("Stated, and not in any condition"), element("ul", { id: "unexpressed" }, ...cell(row, "unexpressed").map((words) => element("li", {}, ...visible(words)))));
  if (cell(row, "disputed")) body.append(heading("In dispute"), element("ul", { id: "disputed" }, ...cell(row, "disputed").map((reason) => element("li", {}, ...visible(reason)))));
  if (cell(row, "findings")) body.append(heading("Findings of the checks"), element("ul", {}, ...cell(row, "findings").map((finding) => element("li", {}, ...visible(finding)))));
  body.append(heading("How it came to be"), metaOf(row));
  if (data.raws_kept) body.append(rawOf(row));
  return body;
}

const heading = (...text) => element("h3", {}, ...text);

function textsOf(row) {
  const [text, original] = [cell(row, "text"), cell(row, "original")];
  const prose = (kind, content) => element("p", { class: `prose ${kind}`, dir: "auto", lang: languageOf(content) }, ...visible(content));
  if (!text && !original) return element("div", {}, heading("Text"), element("p", { class: "empty" }, "The row carries no text, and the input it was read from was not found. Name it with --input-dir."));
  return element("div", {},
    heading(cell(row, "conditions") === null ? "Text" : "Cleaned text"), prose("", text || ""),
    original ? [heading("Original text"), prose("second", original)] : null,
    cell(row, "conditions") === null ? null : [heading("Required objects"), objectsOf(row)]);
}

/** So that Han characters get the forms of their language. */
const languageOf = (text) => (/[\uac00-\ud7af]/.test(text) ? "ko" : /[\u3400-\u9fff]/.test(text) ? "zh" : null);

function drawingOf(row) {
  const place = element("div", {});
  const under = element("figcaption", {}, verdictWords(cell(row, "verdict")), answerWords(cell(row, "answer")));
  const say = (text) => place.replaceChildren(element("p", { class: "empty" }, text));
  if (!table.pictures.chunks.length) {
    say("This report was made without figures.");
  } else if (typeof DecompressionStream === "undefined") {
    say("This browser cannot unpack the figures; one of 2023 or later can.");
  } else {
    unpack(table.pictures, row).then((list) => {
      if (list) {
        const drawn = picture(list);
        drawn.setAttribute("role", "img");
        drawn.setAttribute("aria-label", `Figure of problem ${cell(row, "id")}`);
        place.replaceChildren(drawn);
      } else say(noPicture(row));
    }, () => say("The figure in this file is damaged."));
  }
  return element("figure", { class: "drawing", id: "drawing" }, place, under);
}

function noPicture(row) {
  const [state] = cell(row, "verdict") || [];
  if (state === "contradictory") return "No figure: the conditions contradict each other.";
  if (state === "not judged") return "No figure: the parse is too large to draw.";
  if (state === "empty" || !conditionsOf(row).length) return "No figure: there is nothing to draw.";
  if (row >= data.figures_wanted) return `Only the first ${count(data.figures_wanted)} figures were drawn; --figures draws more.`;
  return "No figure was found in the little time that a report takes; asyncgeo show ID --svg looks longer.";
}

function verdictWords(verdict) {
  if (!verdict) return "";
  const [state, , , rounded, freedom, surplus] = verdict;
  if (rounded && state === "contradictory") return "contradictory as given; holds to 1 %: rounded numbers";
  if (state === "contradictory") return "";
  if (state === "flexible") return `flexible: ${plural(freedom, "degree")} of freedom`;
  return state === "over-determined" ? `over-determined by ${surplus}` : STATES[state] || state;
}

/** What is asked, what it comes to in figures of the parse, and the key. */
function answerWords(answer) {
  if (!answer) return null;
  const [state, asked, values, key, among, why] = answer;
  const found = values.map((value) => value.toLocaleString("en-US", { maximumFractionDigits: 4 })).join(" or ");
  const measured = asked ? `${asked}${found ? ` = ${found}${state === "open" ? ", …" : ""}` : ""}` : "Answer";
  const said = [`${measured}${key ? `; the key is ${key}${among ? ", one of them" : ""}` : ""}: ${state}`, why].filter(Boolean).join(": ");
  return element("p", { class: state === "wrong" ? "alarm" : "soft", id: "answer" }, ...visible(said));
}

const SMALL = "₀₁₂₃₄₅₆₇₈₉";
const named = (points) => points.map((point) => point.replace(/\d/g, (digit) => SMALL[digit])).join("");

function objectsOf(row) {
  const objects = cell(row, "objects") || {};
  const listed = (key) => (objects[key] || []).map(named).join(", ");
  const circles = (objects.circles || []).map(({ center, radius_point }) => `⊙${named([center])}${radius_point ? ` through ${named([radius_point])}` : ""}`).join(", ");
  const all = [["Points", (objects.points || []).map((point) => named([point])).join(", ")], ["Segments", listed("segments")], ["Lines", listed("lines")], ["Circles", circles], ["Polygons", listed("polygons")]].filter(([, value]) => value);
  return all.length ? facts(all.map(([name, value]) => [name, element("span", {}, ...visible(value))])) : element("p", { class: "empty" }, "None.");
}

function conditionsTable(row) {
  const listed = conditionsOf(row);
  const [state, conflict, byObjects] = cell(row, "verdict") || ["", [], false];
  const bad = new Set(conflict);
  const what = state === "contradictory" ? element("p", { class: "alarm" }, bad.size ? `✕ No figure satisfies the marked conditions together${byObjects ? ", with the required objects" : ""}.` : "✕ No figure has the required objects.") : null;
  if (!listed.length) return [heading("Conditions"), what, element("p", { class: "empty" }, "None.")].filter(Boolean);
  return [
    heading("Conditions ", element("small", {}, count(listed.length))),
    what,
    element("table", { class: "conditions" },
      element("thead", { class: "hidden" }, element("tr", {}, ...["number", "condition", "as JSON"].map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...listed.map(([readable, condition], k) => element("tr", { class: bad.has(k) ? "bad" : null, title: data.glosses[condition.type] || null },
        element("td", { class: "number" }, String(k + 1)),
        element("td", {}, readable ? element("span", { class: "math" }, ...visible(readable)) : element("span", { class: "empty" }, "not in the table of types"), bad.has(k) ? element("span", { class: "flag" }, " ✕ contradicts") : null),
        element("td", {}, element("code", {}, ...visible(JSON.stringify(condition)))))))),
  ].filter(Boolean);
}

function billed([read, cached, out, written = 0, thought = 0]) {
  const kept = written ? `, ${count(written)} written to the cache` : "";
  return `${count(read)} in (${count(cached)} cached${kept}), ${count(out)} out${thought ? ` (${count(thought)} of them thinking)` : ""}`;
}

function metaOf(row) {
  const tokens = cell(row, "tokens");
  const model = word(row, "model");
  const made = [
    ["Verdict by", word(row, "source") ? SOURCES[word(row, "source")] || word(row, "source") : null],
    ["Model", model],
    ["Prompt", word(row, "prompt") ? element("code", {}, word(row, "prompt")) : null],
    ["Tokens", tokens && tokens[0] ? billed(tokens) : null],
    ["Cost", cell(row, "cost") === null ? null : money(cell(row, "cost"))],
    ["Attempts", cell(row, "attempts") || null],
    ["Latency", cell(row, "latency") ? seconds(cell(row, "latency")) : null],
    ["Understood", cell(row, "coverage") === null ? null : `${(100 * cell(row, "coverage")).toFixed(0)} % of the characters`],
    ["Marks", cell(row, "marks") ? cell(row, "marks").map((mark) => MARKS[mark] || mark).join("; ") : null],
    ["Written", cell(row, "at") ? moment(cell(row, "at")) : null],
  ].filter(([, value]) => value !== null && value !== "");
  return made.length ? facts(made.map(([name, value]) => [name, typeof value === "string" ? element("span", {}, ...visible(value)) : value])) : element("p", { class: "empty" }, "The row does not tell: it is of the original script.");
}

function rawOf(row) {
  const place = element("div", {}, element("p", { class: "empty" }, "…"));
  const show = async () => {
    try {
      const answers = await unpack(table.raws, row);
      place.replaceChildren(...(answers || []).flatMap(([at_, model, reason, content]) => [
        element("p", { class: "soft" }, ...visible(`${moment(at_)} · ${model} · finish reason ${reason}`)),
        element("pre", { class: "raw", tabindex: "0" }, ...visible(indented(content))),
      ]));
      if (!answers) place.append(element("p", { class: "empty" }, "None was kept for this row."));
    } catch {
      place.replaceChildren(element("p", { class: "empty" }, "It cannot be unpacked by this browser; one of 2023 or later can."));
    }
  };
  return element("details", { id: "raw", toggle: show }, element("summary", {}, heading("Raw answers")), place);
}

/** JSON with line breaks; anything else as it is. */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** What is open goes to paper by itself, in the flow of the page: a dialog is cut off at the first sheet. */
addEventListener("beforeprint", () => {
  if (dialog.open) document.body.append(element("div", { id: "paper" }, ...[...dialog.children].map((part) => part.cloneNode(true))));
});
addEventListener("afterprint", () => byId("paper")?.remove());

dialog.addEventListener("close", closeProblem);
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft" || event.key === "k") step(-1)();
  else if (event.key === "ArrowRight" || event.key === "j") step(1)();
});
