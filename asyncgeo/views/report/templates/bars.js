// Counts as tables with a drawn column: readable by eye, by a screen reader and on paper.

/**
 * rows: [{label, count, fill?, code?, title?, filter?}]; a filter makes the label a button that shows those problems.
 * `of` is what shares are shares of.
 */
function bars({ caption, note, rows, of, empty, unit }) {
  if (!rows.length) return element("div", {}, element("h3", {}, caption), element("p", { class: "empty" }, empty));
  const most = Math.max(...rows.map((row) => row.count), 1);
  return element(
    "table",
    { class: "chart" },
    element("caption", {}, caption, note ? element("small", {}, ` ${note}`) : null),
    element(
      "thead",
      { class: "hidden" },
      element("tr", {}, ...["value", "bar", unit || "problems", ...(of ? ["share"] : [])].map((head) => element("th", { scope: "col" }, head))),
    ),
    element("tbody", {}, ...rows.map((row) => bar(row, most, of))),
  );
}

function bar(row, most, of) {
  const label = row.code ? element("code", {}, row.label) : row.label;
  const drawn = element("div", { class: `${row.fill ? `fill-${row.fill}` : ""}${row.count ? "" : " zero"}` });
  drawn.style.width = `${(100 * row.count) / most}%`;
  return element(
    "tr",
    { title: row.title },
    element("th", { scope: "row" }, row.filter && row.count ? filterButton(row.filter, label) : label),
    element("td", { class: "track", "aria-hidden": "true" }, drawn),
    element("td", { class: "number" }, count(row.count)),
    of ? element("td", { class: "number share" }, share(row.count, of)) : null,
  );
}

/** A button that shows the problems for which the filter holds. */
function filterButton(filter, ...label) {
  const show = () => showOnly(filter);
  return element("button", { type: "button", class: "linklike", click: show, title: "Show these problems" }, ...label);
}

/** Parts of a whole in one strip, each named below it. parts: [{key, label, count, fill}] */
function strip(parts, whole) {
  const some = parts.filter((part) => part.count);
  return element(
    "div",
    { class: "stack", role: "img", "aria-label": some.map((part) => `${part.label} ${share(part.count, whole)}`).join(", ") },
    ...some.map((part) => {
      const drawn = element("div", { class: part.fill ? `fill-${part.fill}` : "", title: `${part.label}: ${share(part.count, whole)}` });
      drawn.style.flexGrow = part.count / whole;
      drawn.style.flexBasis = "0";
      return drawn;
    }),
  );
}

const facts = (pairs) =>
  element(
    "dl",
    { class: "facts" },
    ...pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );

const tiles = (list) =>
  element(
    "dl",
    { class: "tiles" },
    ...list.filter(Boolean).map(([name, value, note]) => element("div", {}, element("dt", {}, name), element("dd", {}, value, note ? element("small", {}, note) : null))),
  );
