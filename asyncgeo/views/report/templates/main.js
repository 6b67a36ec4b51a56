// The page put together: head, sections, theme; and the problem that the address names.

function showHead() {
  byId("folder").textContent = data.folder;
  byId("byline").textContent = `${moment(data.created_at)} · asyncgeo ${data.version} · ${plural(problems, "problem")}${data.runs.length ? ` · ${plural(data.runs.length, "run")}` : ""}`;
  byId("notes").append(...data.notes.map((note) => element("p", { class: "note" }, ...visible(note))));
  for (const section of document.querySelectorAll("main > section")) byId("contents").append(element("a", { href: `#${section.id}` }, section.firstElementChild.textContent));
  byId("colophon").append(element("p", {}, "Every number here comes from the rows, event logs and verdicts in the folder; each problem counts once, by its best row. Search knows ids, texts and conditions, however a statement is written. In the table: arrow keys, Enter; in a problem: ← → Esc."));
}

const KEPT_AS = "asyncgeo-report-theme";

/** The theme that the person chose, else the system's; storage may be closed to pages from files. */
function showTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const button = byId("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const name = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
  try {
    const kept = localStorage.getItem(KEPT_AS);
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch { /* the system's theme then */ }
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
    try {
      localStorage.setItem(KEPT_AS, root.dataset.theme);
    } catch { /* for this time only */ }
  });
  dark.addEventListener("change", name);
  name();
}

function openNamed() {
  const id = /^#problem=(.*)$/.exec(location.hash);
  if (!id) return;
  let wanted = id[1];
  try {
    wanted = decodeURIComponent(id[1]);
  } catch { /* as it stands */ }
  const place = order.findIndex((row) => cell(row, "id") === wanted);
  if (place >= 0) openProblem(place);
}

showTheme();
showOutcome(byId("outcome"));
showDataset(byId("dataset"));
showEffort(byId("effort"));
showHead();
showRuns(byId("runs"));
showProblems(byId("problems"));
openNamed();
performance.mark("ready");
