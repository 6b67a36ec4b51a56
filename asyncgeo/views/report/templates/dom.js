// Elements from values. Text becomes text nodes and nothing else: there is no innerHTML on this page.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

/** An element of the page: attributes (functions become listeners, null and false are left out) and children. */
function element(tag, attributes, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function shape(tag, attributes, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const byId = (id) => document.getElementById(id);

/** Control, invisible and direction-changing characters, all but tab and line feed: shown by their numbers. */
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const codeOf = (character) => "U+" + character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");

/** The text as nodes; odd characters as small marked numbers. */
function visible(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(ODD)) {
    nodes.push(text.slice(at, found.index), element("span", { class: "odd" }, codeOf(found[0])));
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes;
}

/** The beginning of the text on one line. */
const oneLine = (text, most) => text.slice(0, most).replace(/\s+/g, " ").replace(ODD, (found) => `‹${codeOf(found)}›`);

/** What a row has in compressed chunks, or null. */
async function unpack(packed, row) {
  const chunk = packed.chunks[Math.floor(row / packed.size)];
  if (!chunk) return null;
  const bytes = Uint8Array.from(atob(chunk), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text())[row % packed.size];
}

const DRAWN = new Set(["svg", "g", "circle", "path", "text"]);
const KEPT = /^(viewBox|cx|cy|r|d|x|y|class)$/;

/** A picture from its list, [tag, attributes, ...children]: known elements and attributes only. */
function picture([tag, attributes, ...children]) {
  const kept = Object.fromEntries(Object.entries(attributes).filter(([name, value]) => KEPT.test(name) && typeof value === "string"));
  const inner = children.filter((child) => typeof child === "string" || DRAWN.has(child[0]));
  return shape(tag, kept, ...inner.map((child) => (typeof child === "string" ? child : picture(child))));
}
