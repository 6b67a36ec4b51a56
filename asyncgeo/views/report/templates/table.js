// The table of all problems: filtered, sorted, and drawn only where it is looked at.

const table = data.table;
const at = Object.fromEntries(table.columns.map((name, k) => [name, k]));
const cell = (row, name) => table.rows[row][at[name]] ?? null;
const word = (row, name) => (cell(row, name) === null ? null : table.words[cell(row, name)]);
const outcomeOf = (row) => table.outcomes[cell(row, "outcome")];
const conditionsOf = (row) => (cell(row, "conditions") || []).map((k) => table.conditions[k]);
const tokensOf = (row) => (cell(row, "tokens") ? cell(row, "tokens")[0] + cell(row, "tokens")[2] : null);
const textOf = (row) => cell(row, "text") || cell(row, "original") || cell(row, "detail") || cell(row, "error") || "";

const GROUPS = { parsed: ["model", "rules", "stand_in"], failed: ["stand_in", "error"] };
const GROUP_WORDS = { parsed: "with a parse", failed: "failed: errors and stand-ins" };

/** What can be filtered by: the value of a row (or all its values), and how a value reads. */
const FILTERS = [
  { key: "outcome", label: "Status", of: outcomeOf, groups: GROUPS, read: (value) => GROUP_WORDS[value] || `${OUTCOMES[value].sign} ${OUTCOMES[value].word}` },
  { key: "category", label: "Category", of: (row) => word(row, "category") },
  { key: "difficulty", label: "Difficulty", of: (row) => (cell(row, "difficulty") === null ? null : String(cell(row, "difficulty"))), sorted: true },
  { key: "source", label: "Source", of: (row) => word(row, "source"), read: (value) => SOURCES[value] || value },
  { key: "word", label: "Reason or error", of: (row) => word(row, "word"), read: plain },
  { key: "type", label: "Condition type", all: (row) => new Set(conditionsOf(row).map(([, condition]) => String(condition.type))), sorted: true },
  { key: "verdict", label: "Can be drawn", of: (row) => (cell(row, "verdict") || [null])[0] },
  { key: "answer", label: "Answer", of: (row) => (cell(row, "answer") || [null])[0] },
  { key: "review", label: "Review", of: (row) => cell(row, "review") || (cell(row, "disputed") ? "disputed" : null) },
  { key: "model", label: "Model", of: (row) => word(row, "model"), read: (value) => value || "no request" },
  { key: "findings", label: "Findings", of: (row) => (cell(row, "findings") ? "with findings" : null), always: true },
  { key: "unexpressed", label: "Unexpressed", of: (row) => (cell(row, "unexpressed") ? "says more than its conditions" : null), always: true },
];

const LAST = costKnown() ? { key: "cost", label: "Cost", of: (row) => cell(row, "cost"), show: (usd) => (usd >= 1 ? money(usd) : `$${usd.toFixed(4)}`) } : { key: "cost", label: "Tokens", of: tokensOf, show: count };
const HEADS = [
  { key: "id", label: "Id" },
  { key: "outcome", label: "Status", of: (row) => cell(row, "outcome") },
  { key: "category", label: "Category", of: (row) => word(row, "category") },
  { key: "difficulty", label: "Difficulty", number: true, of: (row) => cell(row, "difficulty"), show: String },
  { key: "text", label: "Text", of: textOf },
  { key: "conditions", label: "Conditions", number: true, of: (row) => (cell(row, "conditions") ? cell(row, "conditions").length : null), show: count },
  asked() && { key: "latency", label: "Latency", number: true, of: (row) => cell(row, "latency") || null, show: (s) => `${s.toFixed(s < 0.1 ? 3 : 2)} s` },
  asked() && { ...LAST, number: true },
].filter(Boolean);
const SPARE = 10;
const TEXT = 240;
const PRINTED = 300;
const PRINTED_TEXT = 4000;

function costKnown() {
  return data.figures.cost !== null;
}

const chosen = { query: "", sort: "id", down: false };
const controls = {};
let order = [];
let active = 0;
let view = null;

/** Every filter cleared but these, and the table in sight. */
function showOnly(filter) {
  if (!view) return;
  for (const { key } of FILTERS) setFilter(key, filter[key] || "");
  controls.query.value = chosen.query = "";
  arrange();
  byId("problems").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  view.sheet.focus({ preventScroll: true });
}

function setFilter(key, value) {
  chosen[key] = value;
  const control = controls[key];
  if (!control) return;
  if (value && ![...control.options].some((option) => option.value === value)) control.append(element("option", { value }, value));
  control.value = value;
}

function showProblems(section) {
  if (!table.rows.length) {
    section.append(element("p", { class: "empty" }, "There is no problem to show."));
    return;
  }
  if (table.left_out) section.append(element("p", { class: "note" }, `The table shows ${table.choice}. All of them are counted above and stand in the dataset; asyncgeo report --limit N shows more.`));
  section.append(filterControls());
  view = makeView();
  section.append(element("div", { class: "found" }, view.found, view.reset, ...view.saves), view.sheet);
  arrange();
  new ResizeObserver(drawRows).observe(view.sheet);
  addEventListener("beforeprint", () => drawAll());
  addEventListener("afterprint", () => drawRows(true));
}

const SEARCHED = "Ids, words of texts, errors and conditions, and statements of geometry however they are written: ∠ABC = 50° is ∠CBA=50, AB ⊥ CD is CD⟂AB, △ABC is △BCA. All that is typed must hold.";

function filterControls() {
  const query = (controls.query = element("input", { type: "search", id: "search", placeholder: "id, words, ∠ABC = 50°, AB ⊥ CD", title: SEARCHED, autocomplete: "off", spellcheck: "false" }));
  query.addEventListener("input", () => { chosen.query = query.value; arrange(); });
  query.addEventListener("keydown", (event) => { if (event.key === "Enter" && order.length) openProblem(0); });
  const selects = FILTERS.map(filterSelect).filter(Boolean);
  return element("div", { class: "controls", role: "search" }, element("label", { class: "wide" }, "Search", query), ...selects);
}

/** A choice among the values that occur; nothing where there is nothing to choose. */
function filterSelect(filter) {
  const found = new Map();
  for (let row = 0; row < table.rows.length; row++) {
    for (const value of valuesOf(filter, row)) found.set(value, (found.get(value) || 0) + 1);
  }
  if (!found.size || (found.size === 1 && !filter.always && [...found.values()][0] === table.rows.length)) return null;
  const byName = (a, b) => (a[0] < b[0] ? -1 : 1);
  const listed = [...found].sort(filter.sorted ? byName : (a, b) => b[1] - a[1] || byName(a, b));
  const read = filter.read || ((value) => value);
  const groups = entries(filter.groups || {}).filter(([, members]) => members.filter((member) => found.has(member)).length > 1);
  const select = (controls[filter.key] = element(
    "select",
    { id: `filter-${filter.key}`, change: () => { chosen[filter.key] = select.value; arrange(); } },
    element("option", { value: "" }, "all"),
    ...groups.map(([value, members]) => element("option", { value }, `${read(value)} (${count(members.reduce((sum, each) => sum + (found.get(each) || 0), 0))})`)),
    ...listed.map(([value, n]) => element("option", { value }, `${read(value)} (${count(n)})`)),
  ));
  return element("label", {}, filter.label, select);
}

function* valuesOf(filter, row) {
  if (filter.all) yield* filter.all(row);
  else if (filter.of(row) !== null) yield filter.of(row);
}

/** The rows that pass every filter and hold every word, in the chosen order. */
function arrange() {
  const tests = FILTERS.filter(({ key }) => chosen[key]).map((filter) => {
    const wanted = chosen[filter.key];
    const members = filter.groups && filter.groups[wanted];
    if (members) return (row) => members.includes(filter.of(row));
    return filter.all ? (row) => filter.all(row).has(wanted) : (row) => filter.of(row) === wanted;
  });
  const terms = needles(chosen.query);
  const exact = chosen.query.trim();
  order = [];
  for (let row = 0; row < table.rows.length; row++) {
    if (tests.every((test) => test(row)) && (cell(row, "id") === exact || terms.every((holds) => holds(row)))) order.push(row);
  }
  sortRows(exact);
  active = 0;
  for (const [key, control] of Object.entries(controls)) control.classList.toggle("on", control.value !== "");
  view.sheet.scrollTop = 0;
  drawRows(true);
  drawFound();
}

/** Rows come in numeric order of their ids, and stay so among equals; what has no value comes last either way. */
function sortRows(exact) {
  const head = HEADS.find(({ key }) => key === chosen.sort);
  const sign_ = chosen.down ? -1 : 1;
  if (head.of) {
    const keys = new Map(order.map((row) => [row, head.of(row)]));
    order.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (x === y) return a - b;
      if (x === null || y === null) return x === null ? 1 : -1;
      return (x < y ? -1 : 1) * sign_;
    });
  } else if (chosen.down) {
    order.reverse();
  }
  if (exact) order.sort((a, b) => (cell(b, "id") === exact) - (cell(a, "id") === exact));
}

function makeView() {
  const found = element("span", { role: "status", id: "found" });
  const reset = element("button", { type: "button", class: "quiet screen", id: "reset", click: () => { FILTERS.forEach(({ key }) => setFilter(key, "")); controls.query.value = chosen.query = ""; arrange(); } }, "Clear filters");
  const above = element("tr", { class: "spacer", role: "none" }, element("td", { role: "none" }));
  const below = element("tr", { class: "spacer", role: "none" }, element("td", { role: "none" }));
  const body = element("tbody", { role: "rowgroup" }, above, below);
  const heads = element("tr", { role: "row" }, ...HEADS.map(headCell));
  const grid = element("table", { role: "none" }, element("thead", { role: "rowgroup" }, heads), body);
  const sheet = element("div", { class: "sheet", id: "sheet", role: "grid", tabindex: "0", "aria-label": "Problems; arrow keys move, Enter opens", scroll: () => requestAnimationFrame(() => drawRows()), keydown: moveActive }, grid);
  const made = { found, reset, saves: exportButtons(), above, below, body, heads, sheet, pool: [], first: -1 };
  body.addEventListener("click", (event) => {
    const line = event.target.closest("tr[data-place]");
    if (line && !String(getSelection())) openProblem(Number(line.dataset.place));
  });
  return made;
}

function headCell(head) {
  const press = () => {
    chosen.down = chosen.sort === head.key ? !chosen.down : false;
    chosen.sort = head.key;
    arrange();
  };
  return element("th", { role: "columnheader", class: `c-${head.key}${head.number ? " number" : ""}`, "data-key": head.key }, element("button", { type: "button", click: press }, head.label));
}

/** Put rows where the sheet is looked at; `anew` also where nothing has moved. */
function drawRows(anew) {
  const { sheet, pool, above, below } = view;
  const height = rowHeight();
  const most = Math.ceil(sheet.clientHeight / height) + 2 * SPARE;
  const first = Math.max(0, Math.min(Math.floor(sheet.scrollTop / height) - SPARE, order.length - most));
  const shown = Math.min(most, order.length - first);
  if (anew !== true && first === view.first && shown === pool.length) return;
  const by = first - view.first;
  if (anew !== true && shown === pool.length && Math.abs(by) < shown) shiftRows(by, first);
  else {
    resizePool(shown);
    pool.forEach((blank, k) => fillRow(blank, first + k));
  }
  view.first = first;
  above.firstChild.style.height = `${first * height}px`;
  below.firstChild.style.height = `${(order.length - first - shown) * height}px`;
  markActive();
}

/** Rows that leave at one end come in again at the other; the rest stay as they are. */
function shiftRows(by, first) {
  const { pool, above, below, body } = view;
  for (let k = 0; k < by; k++) {
    const blank = pool.shift();
    pool.push(blank);
    body.insertBefore(blank.line, below);
    fillRow(blank, first + pool.length - by + k);
  }
  for (let k = 0; k < -by; k++) {
    const blank = pool.pop();
    pool.unshift(blank);
    body.insertBefore(blank.line, above.nextSibling);
    fillRow(blank, first - by - 1 - k);
  }
}

function resizePool(shown) {
  const { pool, below, body } = view;
  while (pool.length < shown) {
    pool.push(blankRow());
    body.insertBefore(pool[pool.length - 1].line, below);
  }
  while (pool.length > shown) pool.pop().line.remove();
}

/** Everything that goes on paper, in place of what is in sight. */
function drawAll() {
  const { pool, above, below } = view;
  const shown = Math.min(PRINTED, order.length);
  resizePool(shown);
  pool.forEach((blank, k) => fillRow(blank, k, PRINTED_TEXT));
  above.firstChild.style.height = below.firstChild.style.height = "0";
  view.first = -1;
  if (shown < order.length) view.found.textContent = `The first ${count(shown)} of ${plural(order.length, "problem")}.`;
}

function rowHeight() {
  return parseFloat(getComputedStyle(view.sheet).getPropertyValue("--row"));
}

function blankRow() {
  const cells = HEADS.map((head) => element("td", { role: "gridcell", class: `c-${head.key}${head.number ? " number" : ""}${head.key === "text" ? " text" : ""}`, dir: head.key === "text" ? "auto" : null }));
  return { line: element("tr", { role: "row" }, ...cells), cells };
}

function fillRow({ line, cells }, place, most = TEXT) {
  const row = order[place];
  line.dataset.place = place;
  line.id = `row-${place}`;
  line.setAttribute("aria-rowindex", place + 2);
  HEADS.forEach((head, k) => {
    if (head.key === "outcome") {
      cells[k].replaceChildren(sign(outcomeOf(row)), element("span", { class: "label" }, ` ${OUTCOMES[outcomeOf(row)].brief}`));
      cells[k].title = OUTCOMES[outcomeOf(row)].word;
    } else if (head.key === "text") cells[k].textContent = oneLine(textOf(row), most);
    else if (head.key === "category") {
      cells[k].textContent = head.of(row) || "";
      cells[k].title = head.of(row) || "";
    } else if (head.key === "id") cells[k].textContent = oneLine(cell(row, "id"), TEXT);
    else {
      const value = head.of(row);
      cells[k].textContent = value === null ? "" : head.show ? head.show(value) : value;
    }
  });
}

function drawFound() {
  view.found.textContent = order.length === table.rows.length ? plural(order.length, "problem") : order.length ? `${count(order.length)} of ${plural(table.rows.length, "problem")}` : "No problem passes these filters.";
  view.reset.disabled = !chosen.query && !FILTERS.some(({ key }) => chosen[key]);
  for (const save of view.saves) save.disabled = !order.length;
  view.sheet.setAttribute("aria-rowcount", order.length + 1);
  for (const head of view.heads.children) {
    const mine = head.dataset.key === chosen.sort;
    head.setAttribute("aria-sort", mine ? (chosen.down ? "descending" : "ascending") : "none");
    head.firstChild.textContent = HEADS.find(({ key }) => key === head.dataset.key).label + (mine ? (chosen.down ? " ↓" : " ↑") : "");
  }
}

function moveActive(event) {
  if (event.target !== view.sheet) return;
  const page = Math.max(1, Math.floor(view.sheet.clientHeight / rowHeight()) - 2);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -order.length, End: order.length };
  if (event.key in steps) {
    setActive(active + steps[event.key]);
    event.preventDefault();
  } else if (event.key === "Enter" && order.length) {
    openProblem(active);
    event.preventDefault();
  }
}

/** Make this place of the order the active one, and bring it into sight. */
function setActive(place) {
  active = Math.max(0, Math.min(order.length - 1, place));
  const { sheet } = view;
  const [height, head] = [rowHeight(), view.heads.offsetHeight];
  const [low, high] = [active * height, (active + 1) * height + head];
  if (low < sheet.scrollTop) sheet.scrollTop = low;
  else if (high > sheet.scrollTop + sheet.clientHeight) sheet.scrollTop = high - sheet.clientHeight;
  drawRows(true);
}

function markActive() {
  for (const { line } of view.pool) {
    const mine = Number(line.dataset.place) === active;
    line.classList.toggle("active", mine);
    line.setAttribute("aria-selected", mine);
  }
  view.sheet.setAttribute("aria-activedescendant", `row-${active}`);
}
