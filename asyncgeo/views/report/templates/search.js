// What a search finds: plain words as they are written, statements of geometry by what they mean.
//
// What is typed and what is searched are read by the same functions: of ∠ABC=50, ∠CBA = 50° and 角ABC=50 each becomes the
// token 50=∠abc, of AB ⟂ CD and CD⊥AB the token ab⊥cd.

/** Ways to write a sign, and the sign. A word is a sign only before a name in capitals. */
const SYNONYMS = [
  [/(\d)\s*(?:[°度]|\^?\\circ)/g, "$1°"],
  [/(?:\\?\b[Aa]ngle|[角각])\s*(?=[A-Z])|∡/g, "∠"],
  [/(?:\\?\b[Tt]riangle|三角形|삼각형)\s*(?=[A-Z])|[Δ∆]/g, "△"],
  [/(?:\b[Cc]ircle|[圆圓원])\s*(?=[A-Z])|[⨀☉]/g, "⊙"],
  [/(?:\b[Aa]rc|[弧호])\s*(?=[A-Z])/g, "⌒"],
  [/([A-Za-z0-9′]\s*)(?:\\perp|(?:is )?perpendicular to|垂直于?)(?=\s*[A-Za-z])|⟂/g, "$1⊥"],
  [/([A-Za-z0-9′]\s*)(?:\\parallel|(?:is )?parallel to|平行于?|\/\/|\|\|)(?=\s*[A-Za-z])|[‖⫽]/g, "$1∥"],
  [/∽|([A-Z]\s*)~(?=\s*[△A-Z])/g, "$1∼"],
  [/[≌≡]/g, "≅"],
  [/([A-Z]\d*)['’]/g, "$1′"],
  [/(\d)\s*[·*×]\s*(?=[A-Z])/g, "$1"],
  [/([∠△⊙⌒])\s+/g, "$1"],
  [/\s*([=⊥∥∼≅∩])\s*/g, "$1"],
  [/([A-Z0-9′°])\s*([+−:-])\s*(?=[A-Z0-9∠⌒])/g, "$1$2"],
];
const STATEMENT = /(?:[∠△⊙⌒=⊥∥∼≅∩+−:√′°/A-Za-z0-9-]|\.(?=\d))+/g;
const RELATION = /[=⊥∥∼≅]/;
const NAME = /^(?:[A-Z]\d*′*){2,}$/;
const TERM = /^([\d.]*)([∠△⊙⌒]?)((?:[a-z]\d*′*)+|\d+)°?$/;

const folded = (text) => text.normalize("NFKC").toLowerCase();

function signed(text) {
  return SYNONYMS.reduce((left, [way, sign_]) => left.replace(way, sign_), text.replace(/[º˚]/g, "°").normalize("NFKC"));
}

/** What a text states: a token for each two sides of a relation, and for each name in it. */
const statements = (text) => (signed(text).match(STATEMENT) || []).flatMap(statedIn);

function statedIn(run) {
  if (NAME.test(run)) return [termOf(run)];
  if (!RELATION.test(run) && !/^[∠△⊙⌒]/.test(run)) return [];
  const [sides, signs] = [run.split(RELATION), run.match(/[=⊥∥∼≅]/g)];
  const names = sides.flatMap((side) => side.split(/[+−:/∩-]/)).map(termOf).filter((term) => /[a-z∠]/.test(term));
  const pairs = sides.flatMap((left, k) => sides.slice(k + 1).map((right, l) => left && right && pairOf(left, signs[k + l], right)));
  return [...names, ...pairs.filter(Boolean)];
}

/** Two sides in one of both orders; AB : CD = 1 : 2 is CD : AB = 2 : 1. */
function pairOf(left, sign_, right) {
  const parts = [left, right].map((side) => side.split(/[:/]/).map(sideOf));
  if (parts[0].length > 1 && parts[0].length === parts[1].length) {
    const across = parts[0].map((part, k) => [part, parts[1][k]]).sort();
    return [0, 1].map((k) => across.map((both) => both[k]).join(":")).sort().join(sign_);
  }
  return parts.map((side) => side.join(":")).sort().join(sign_);
}

/** A sum or an intersection in one order; a difference has but one. */
function sideOf(side) {
  if (/[−-]/.test(side)) return side.split(/[−-]/).map(sideOf).join("−");
  const mark = side.includes("∩") ? "∩" : "+";
  return side.split(mark).map(termOf).sort().join(mark);
}

const terms = new Map();

/** What `readTerm` makes of it: the same few names come again and again. */
function termOf(term) {
  if (!terms.has(term)) terms.set(term, readTerm(term));
  return terms.get(term);
}

/** 50.0° → 50, BA → ab, 2BA → 2ab, ∠CBA → ∠abc, △BCA → abc; what is neither number nor name as it stands. */
function readTerm(term) {
  if (/^\d[\d.]*°?$/.test(term)) return String(parseFloat(term));
  const [, times, sign_, name] = TERM.exec(term.toLowerCase()) || [];
  if (!name) return term.toLowerCase();
  return times + (sign_ === "△" ? "" : sign_) + firstOrder(name.match(/[a-z]\d*′*|\d+/g), sign_);
}

/** Points in the first of the orders that mean the same: polygons begin anywhere and go round either way. */
function firstOrder(points, sign_) {
  const begins = sign_ ? [0] : [...points.keys()];
  if (sign_ === "△") return [...points].sort().join("");
  const turns = begins.map((k) => [...points.slice(k), ...points.slice(0, k)]);
  return turns.flatMap((turn) => [turn.join(""), turn.reverse().join("")]).sort()[0];
}

/** What is looked for: for each term whether a row holds it, told from its folded text and, if need be, its tokens. */
function needles(query) {
  return signed(query).split(/\s+/).filter(Boolean).map((term) => {
    const [written, bare] = [folded(term), term.replace(/[,;]$/, "")];
    const tokens = bare.match(STATEMENT)?.[0] === bare ? statedIn(bare) : [];
    const isStated = (row) => tokens.length > 0 && tokens.every((token) => statedBy(row).includes(`\n${token}\n`));
    return tokens.some((token) => RELATION.test(token)) ? isStated : (row) => haystack(row).includes(written) || isStated(row);
  });
}

const haystacks = [];
const stated = { rows: [], conditions: [] };

/** What is searched of a row, made when it is first searched. */
function haystack(row) {
  haystacks[row] ??= folded([cell(row, "id"), ...textsOfRow(row), ...conditionsOf(row).map(([readable]) => readable)].join("\n"));
  return haystacks[row];
}

/** The tokens of a row, each on a line. */
function statedBy(row) {
  const ofCondition = (k) => (stated.conditions[k] ??= statements(table.conditions[k][0]));
  stated.rows[row] ??= `\n${[...new Set([...(cell(row, "conditions") || []).flatMap(ofCondition), ...textsOfRow(row).flatMap(statements)])].join("\n")}\n`;
  return stated.rows[row];
}

/** Its texts; the cleaned one is mostly a part of the original. */
function textsOfRow(row) {
  const [text, original] = [cell(row, "text") || "", cell(row, "original") || ""];
  return [original.includes(text) ? "" : text, original, cell(row, "detail"), cell(row, "error"), ...(cell(row, "unexpressed") || [])].filter(Boolean);
}
