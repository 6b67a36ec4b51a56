// The rows that pass the filters, in their order, as a file: made here, so that a page from a disk can give it too.

const NUMBERED = ["source", "category", "word", "model", "prompt"];

function exportButtons() {
  const button = (id, label, title, press) => element("button", { type: "button", class: "quiet screen", id, title, click: press }, label);
  return [
    button("save-ids", "Save ids", "The ids of the problems below, one a line", () => save("ids.txt", order.map((row) => cell(row, "id")))),
    button("save-rows", "Save rows", "The problems below as JSON Lines: all that this page holds of them, but for figures and raw answers", () => save("rows.jsonl", order.map((row) => JSON.stringify(rowOf(row))))),
  ];
}

/** A row by the names of its columns, without what it lacks: words for their numbers, conditions for theirs. */
function rowOf(row) {
  const filled = table.columns.filter((name) => cell(row, name) !== null);
  return Object.fromEntries(filled.map((name) => [name, valueOf(row, name)]));
}

function valueOf(row, name) {
  if (name === "outcome") return outcomeOf(row);
  if (name === "conditions") return conditionsOf(row).map(([, condition]) => condition);
  return NUMBERED.includes(name) ? word(row, name) : cell(row, name);
}

function save(name, lines) {
  const address = URL.createObjectURL(new Blob([lines.map((line) => `${line}\n`).join("")], { type: "text/plain" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
