"use strict";
/* Checks proofs of log lines in a browser, from file:// and without a network. No line of it is shared with the service
   or with `regie verify`: the tree (RFC 9162), notes and proofs (C2SP) are written here once more. SHA-256, HMAC and
   Ed25519 are the browser's own. Answers as `regie verify` does: klopt, klopt niet, niet te controleren, and why. */

const MAX_SIGNATURES = 64, LEAF_BYTES = 100, HASH_BYTES = 32, HEADER = "c2sp.org/tlog-proof@v1";

class Wrong extends Error {}
class Unknown extends Error {}

const bytesOf = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (one, other) => hexOf(one) === hexOf(other);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

/* Bytes of base64 in its one spelling. */
function decoded(text, what) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Wrong(`${what}|base64`);
  let binary;
  try { binary = atob(text); } catch { throw new Wrong(`${what}|base64`); }
  if (btoa(binary) !== text) throw new Wrong(`${what}|base64`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function number(text, what) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) throw new Wrong(`${what}|number`);
  return BigInt(text);
}

/* JSON in which no name stands twice in an object: two readers could pick different ones. Throws SyntaxError. */
function strictJson(text) {
  const value = JSON.parse(text);
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g) || [], open = [];
  tokens.forEach((token, at) => {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token !== ":" && tokens[at + 1] === ":") {
      const names = open.at(-1), name = JSON.parse(token);
      if (names.has(name)) throw new SyntaxError("a name twice");
      names.add(name);
    }
  });
  return value;
}

function documentOf(bytes, what) {
  try {
    const value = strictJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    if (isObject(value)) return value;
  } catch { /* told below */ }
  throw new Wrong(`${what}|json`);
}

/* A C2SP policy: `log <vkey> [url]` and `quorum none`. Keys by name and id; keys of another type are passed over. */
async function readPolicy(text) {
  const keys = new Map();
  let quorum = 0;
  for (const row of text.split("\n").map((each) => each.trim()).filter((each) => each && !each.startsWith("#"))) {
    const [word, value] = row.split(/[ \t]+/);
    if (word === "quorum" && value === "none") { quorum += 1; continue; }
    if (word !== "log" || !value) throw new Unknown("policy");
    try {
      const [name, id] = value.split("+", 2), material = decoded(value.slice(name.length + id.length + 2), "key");
      if (material[0] !== 1) continue;
      const expected = (await sha256(bytesOf(`${name}\n`), material)).slice(0, 4);
      if (hexOf(expected) !== id || material.length !== 33) throw new Unknown("policy");
      keys.set(`${name} ${id}`, material.slice(1));
    } catch { throw new Unknown("policy"); }
  }
  if (quorum !== 1) throw new Unknown("policy");
  return keys;
}

async function publicKey(material) {
  try {
    return await crypto.subtle.importKey("raw", material, { name: "Ed25519" }, false, ["verify"]);
  } catch { throw new Unknown("browser"); }
}

async function requireCommitment(commitment, salt, label, content, reason) {
  let holds = false;
  if (salt.length === 32) {
    const key = await crypto.subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    holds = await crypto.subtle.verify("HMAC", key, commitment, joined(bytesOf(`${label}\0`), content));
  }
  if (!holds) throw new Wrong(reason);
}

/* The root that this path leads to (RFC 9162 section 2.1.3.1); sizes are BigInts. */
async function impliedRoot(index, size, leafHash, path) {
  if (size === 1n && path.length === 0) return leafHash;
  if (size === 1n || path.length === 0) throw new Wrong("path-length");
  const left = 1n << BigInt((size - 1n).toString(2).length - 1), last = path.at(-1), rest = path.slice(0, -1);
  if (index < left) return sha256([1], await impliedRoot(index, left, leafHash, rest), last);
  return sha256([1], last, await impliedRoot(index - left, size - left, leafHash, rest));
}

/* Whether a known key signed in this row; its name, or null for a stranger. */
async function signer(row, message, keys) {
  const dash = "\u2014 ", rest = row.startsWith(dash) ? row.slice(dash.length) : row, space = rest.indexOf(" ");
  const name = space < 0 ? rest : rest.slice(0, space);
  const signature = decoded(space < 0 ? "" : rest.slice(space + 1), "signature");
  if (!row.startsWith(dash) || !name || signature.length < 5) throw new Wrong("signature-shape");
  const material = keys.get(`${name} ${hexOf(signature.slice(0, 4))}`);
  if (!material) return null;
  const key = await publicKey(material);
  if (!(await crypto.subtle.verify("Ed25519", key, signature.slice(4), message))) throw new Wrong("signature");
  return name;
}

async function signedHead(line, note, keys) {
  const at = note.lastIndexOf("\n\n"), text = at < 0 ? "" : note.slice(0, at);
  const rows = text.split("\n"), signed = note.slice(at < 0 ? 0 : at + 2).split("\n"), end = signed.pop();
  if (at < 0 || rows.length !== 3 || end || signed.length > MAX_SIGNATURES) throw new Wrong("head-shape");
  line.origin = rows[0];
  if (![...keys.keys()].some((each) => each.startsWith(`${rows[0]} `))) throw new Unknown("no-key");
  const message = bytesOf(`${text}\n`), names = [];
  /* No short cut: every signature is looked at, because a failing known key fails the note. */
  for (const row of signed) names.push(await signer(row, message, keys));
  if (!names.includes(line.origin)) throw new Wrong("not-signed");
  return [number(rows[1], "size"), decoded(rows[2], "head")];
}

async function opened(extra) {
  const members = documentOf(extra, "extra");
  const [leaf, act, salt] = ["blad", "act", "actZout"].map((name) => decoded(members[name], name));
  if (leaf.length !== LEAF_BYTES || !same(leaf.slice(0, 4), [0x52, 0x47, 0x4c, 1])) throw new Wrong("leaf-shape");
  await requireCommitment(leaf.slice(4, 36), salt, "regie/act/1", act, "act");
  return [leaf, documentOf(act, "the-act")];
}

async function checkProof(line, proof, keys) {
  if (typeof proof !== "string") throw new Unknown("no-proof");
  const at = proof.indexOf("\n\n"), [header, ...rows] = (at < 0 ? proof : proof.slice(0, at)).split("\n");
  if (header !== HEADER) throw new Unknown("kind");
  const shaped = at >= 0 && rows.length >= 2 && rows[0].startsWith("extra ") && rows[1].startsWith("index ");
  if (!shaped) throw new Wrong("proof-shape");
  const index = number(rows[1].slice(6), "index");
  line.index = String(index);
  const [size, root] = await signedHead(line, proof.slice(at + 2), keys);
  const [leaf, act] = await opened(decoded(rows[0].slice(6), "extra"));
  const leafHash = await sha256([0], leaf), path = rows.slice(2).map((row) => decoded(row, "path"));
  if (index >= size || path.some((each) => each.length !== HASH_BYTES)) throw new Wrong("path-shape");
  if (!same(await impliedRoot(index, size, leafHash, path), root)) throw new Wrong("place");
  line.leafHash = hexOf(leafHash);
  line.act = act;
  return leaf;
}

async function checkBody(line, leaf, content) {
  if (!isObject(content)) throw new Wrong("body-shape");
  const body = decoded(content.body, "body"), salt = decoded(content.bodyZout, "bodyZout");
  await requireCommitment(leaf.slice(36, 68), salt, "regie/body/1", body, "body");
  line.body = documentOf(body, "the-body");
}

/* What is thrown on the way is the verdict; whatever else goes wrong is no answer. */
function judge(line, error) {
  const told = error instanceof Wrong || error instanceof Unknown ? error.message : "other";
  line.verdict = error instanceof Wrong ? "klopt-niet" : "niet-te-controleren";
  [line.reason, line.value] = told.split("|").reverse();
}

async function checkItem(item, keys) {
  const line = { verdict: "klopt", reason: "", value: "", index: null, origin: "", leafHash: "", act: {}, body: null };
  const bundle = isObject(item) ? item : { bewijs: item };
  try {
    const leaf = await checkProof(line, bundle.bewijs, keys);
    if (Object.hasOwn(bundle, "inhoud")) await checkBody(line, leaf, bundle.inhoud);
  } catch (error) { judge(line, error); }
  return line;
}

/* Stretches of numbers, all before its own, that line n says were destroyed. */
function destroyed(act, n) {
  const spans = act.soort === "vernietigd" && Array.isArray(act.weg) ? act.weg : [];
  const plain = (each) => typeof each === "string" && /^(0|[1-9][0-9]{0,18})$/.test(each);
  return spans
    .filter((span) => Array.isArray(span) && span.length === 2 && span.every(plain) && BigInt(span[1]) < n)
    .map((span) => span.map(BigInt));
}

/* The lowest number from first to last that is in none of these stretches, or null. */
function firstMissing(spans, first, last) {
  let next = first;
  for (const [start, end] of spans) if (start <= next && next <= end) next = end + 1n;
  return next <= last ? next : null;
}

/* Numbers of one resident: each once, none left out but what was destroyed, each names the one before it. */
function checkSeries(lines) {
  const series = new Map(), gone = new Map();
  for (const line of lines.filter((each) => each.verdict === "klopt" && each.body)) {
    const { n } = line.body, first = n === "1";
    if (typeof n !== "string" || !/^[1-9][0-9]{0,18}$/.test(n) || Object.hasOwn(line.body, "vorige") === first) {
      judge(line, new Wrong("number-shape"));
      continue;
    }
    const subject = String(line.body["dpl.core.data_subject_id"]), own = series.get(subject) || new Map();
    series.set(subject, own);
    if (!own.has(n)) own.set(n, line);
    else if (own.get(n).leafHash !== line.leafHash) {
      judge(line, new Wrong(`${n}|twice`));
      continue;
    }
    gone.set(own, [...(gone.get(own) || []), ...destroyed(line.act, BigInt(n))]);
  }
  for (const own of series.values()) {
    const spans = gone.get(own).sort(([one], [other]) => (one < other ? -1 : 1));
    const places = [...own.keys()].map(BigInt).sort((one, other) => (one < other ? -1 : 1));
    let before = null;
    for (const place of places) {
      const line = own.get(String(place)), last = own.get(String(place - 1n));
      const begin = before !== null ? before + 1n : spans.length ? spans[0][0] : place;
      const missing = firstMissing(spans, begin, place - 1n);
      if (missing !== null) judge(line, new Unknown(`${missing}|missing`));
      else if (last && !follows(line.body.vorige, last)) judge(line, new Wrong(`${place - 1n}|not-next`));
      before = place;
    }
  }
}

function follows(previous, before) {
  const terms = [before.origin, before.origin.slice(before.origin.lastIndexOf("/") + 1)];
  return Array.isArray(previous) && previous.length === 3 && terms.includes(previous[0]) &&
    previous[1] === before.index && previous[2] === before.leafHash;
}

/* text: a tlog-proof, or JSON with one bundle or a list. Always answers; lines is empty when nothing could be read. */
async function check(text, policy) {
  try {
    if (!globalThis.crypto || !crypto.subtle) throw new Unknown("browser");
    const keys = await readPolicy(policy);
    let items = text;
    if (!text.startsWith("c2sp.org/")) {
      try { items = strictJson(text); } catch { throw new Unknown("file"); }
    }
    const lines = [];
    for (const item of Array.isArray(items) ? items : [items]) lines.push(await checkItem(item, keys));
    checkSeries(lines);
    if (!lines.length) throw new Unknown("empty");
    const worst = ["klopt-niet", "niet-te-controleren"].find((each) => lines.some((line) => line.verdict === each));
    return { verdict: worst || "klopt", reason: "", lines };
  } catch (error) {
    const whole = { lines: [] };
    judge(whole, error);
    return whole;
  }
}
