"use strict";
/* Checks proofs of log lines in a browser, from file:// and without a network. No line of it is shared with the service
   or with `regie verify`: the tree (RFC 9162), notes and proofs (C2SP) are written here once more. SHA-256, HMAC and
   Ed25519 are the browser's own. Answers as `regie verify` does: klopt, klopt niet, niet te controleren, and why. */

const MAX_SIGNATURES = 64, LEAF_BYTES = 100, HASH_BYTES = 32, HEADER = "c2sp.org/tlog-proof@v1";

/* What a line that opens an earlier one says of it in its own words. */
const TOLD_AGAIN = [
  "doel", "doelversie", "ontvanger", "ontvangerNaam", "elementen", "gebruikt", "geweigerd", "namens", "zaak",
  "grondslag", "wet", "klasse", "klassen", "dpl.core.processing_activity_id",
];

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

/* A C2SP policy: keys of logs, and of witnesses with their name, both by name and id of the key; groups; one quorum.
   Keys of another type are passed over: their signatures are not looked at. What is not understood is refused. */
async function readPolicy(text) {
  const policy = { logs: new Map(), witnesses: new Map(), groups: new Map(), quorum: null };
  const read = { policy, named: new Set(["none"]), used: new Set(["none"]), seen: new Set() };
  try {
    if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) throw new Unknown("policy");
    for (const row of text.split("\n")) {
      const words = row.split(/[ \t]+/).filter((word) => word);
      if (words.length && !words[0].startsWith("#")) await readRule(read, ...words);
    }
  } catch { throw new Unknown("policy"); }
  if (policy.quorum === null) throw new Unknown("policy");
  return policy;
}

async function readRule(read, word, name, ...rest) {
  const { policy, named, used } = read, fresh = name && !named.has(name);
  if (word === "log" && name && rest.length < 2) {
    const [place, material] = await knownKey(read, name, 1);
    if (place) policy.logs.set(place, material);
  } else if (word === "witness" && fresh && (rest.length === 1 || rest.length === 2)) {
    const [place, material] = await knownKey(read, rest[0], 4);
    if (place) policy.witnesses.set(place, { name, material });
    named.add(name);
  } else if (word === "group" && fresh && rest.length > 1) {
    const [least, ...members] = rest, digits = { any: "1", all: String(members.length) }[least] || least;
    const free = members.every((each) => named.has(each) && !used.has(each));
    if (!free || new Set(members).size !== members.length) throw new Unknown("policy");
    if (!/^[1-9][0-9]{0,3}$/.test(digits) || Number(digits) > members.length) throw new Unknown("policy");
    policy.groups.set(name, { least: Number(digits), members });
    members.forEach((each) => used.add(each));
    named.add(name);
  } else if (word === "quorum" && policy.quorum === null && !rest.length && named.has(name)) {
    policy.quorum = name;
  } else throw new Unknown("policy");
}

/* Name and id of a vkey, and the key; nothing for a key of another kind. One key stands under one name only. */
async function knownKey(read, vkey, kind) {
  const [name, id] = vkey.split("+", 2), material = decoded(vkey.slice(name.length + id.length + 2), "key");
  if (material[0] !== kind) return [null, null];
  const expected = (await sha256(bytesOf(`${name}\n`), material)).slice(0, 4), key = hexOf(material.slice(1));
  if (hexOf(expected) !== id || material.length !== 33 || read.seen.has(key)) throw new Unknown("policy");
  read.seen.add(key);
  return [`${name} ${id}`, material.slice(1)];
}

function stands(policy, name, cosigners) {
  const group = policy.groups.get(name);
  if (!group) return name === "none" || cosigners.has(name);
  return group.members.filter((each) => stands(policy, each, cosigners)).length >= group.least;
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

/* Name and key id of a row, and its signature. */
function signatureOf(row) {
  const dash = "\u2014 ", rest = row.startsWith(dash) ? row.slice(dash.length) : row, space = rest.indexOf(" ");
  const name = space < 0 ? rest : rest.slice(0, space);
  const signature = decoded(space < 0 ? "" : rest.slice(space + 1), "signature");
  if (!row.startsWith(dash) || !name || signature.length < 5) throw new Wrong("signature-shape");
  return [name, `${name} ${hexOf(signature.slice(0, 4))}`, signature.slice(4)];
}

async function signs(material, signature, message) {
  return crypto.subtle.verify("Ed25519", await publicKey(material), signature, message);
}

async function signedHead(line, note, policy) {
  const at = note.lastIndexOf("\n\n"), text = at < 0 ? "" : note.slice(0, at);
  const rows = text.split("\n"), signed = note.slice(at < 0 ? 0 : at + 2).split("\n"), end = signed.pop();
  if (at < 0 || rows.length !== 3 || end || signed.length > MAX_SIGNATURES) throw new Wrong("head-shape");
  line.origin = rows[0];
  if (![...policy.logs.keys()].some((each) => each.startsWith(`${rows[0]} `))) throw new Unknown("no-key");
  const message = bytesOf(`${text}\n`), names = [];
  /* No short cut: every signature is looked at, because a failing known key fails the note. */
  for (const row of signed) {
    const [name, place, signature] = signatureOf(row);
    const material = policy.logs.get(place);
    if (material && !(await signs(material, signature, message))) throw new Wrong("signature");
    if (material) names.push(name);
  }
  if (!names.includes(line.origin)) throw new Wrong("not-signed");
  return [number(rows[1], "size"), decoded(rows[2], "head")];
}

/* Enough witnesses have seen the head (C2SP tlog-cosignature, Ed25519); its form was looked at before. */
async function checkQuorum(note, policy) {
  const at = note.lastIndexOf("\n\n"), text = note.slice(0, at), cosigners = new Set();
  for (const row of note.slice(at + 2).split("\n").slice(0, -1)) {
    const [, place, signature] = signatureOf(row);
    const witness = policy.witnesses.get(place);
    if (!witness) continue;
    const time = signature.slice(0, 8).reduce((so, byte) => (so << 8n) + BigInt(byte), 0n);
    const message = bytesOf(`cosignature/v1\ntime ${time}\n${text}\n`), timed = time > 0n && time < 1n << 63n;
    if (!timed || !(await signs(witness.material, signature.slice(8), message))) throw new Wrong("witness");
    cosigners.add(witness.name);
  }
  if (!stands(policy, policy.quorum, cosigners)) throw new Unknown(`${cosigners.size}|quorum`);
}

async function opened(extra) {
  const members = documentOf(extra, "extra");
  const leaf = decoded(members.blad, "blad");
  if (leaf.length !== LEAF_BYTES || !same(leaf.slice(0, 4), [0x52, 0x47, 0x4c, 1])) throw new Wrong("leaf-shape");
  /* For who may not know what happened: that it is in the log, and where. */
  if (!["act", "actZout"].some((name) => Object.hasOwn(members, name))) return [leaf, {}];
  const [act, salt] = ["act", "actZout"].map((name) => decoded(members[name], name));
  await requireCommitment(leaf.slice(4, 36), salt, "regie/act/1", act, "act");
  return [leaf, documentOf(act, "the-act")];
}

async function checkProof(line, proof, policy) {
  if (typeof proof !== "string") throw new Unknown("no-proof");
  const at = proof.indexOf("\n\n"), [header, ...rows] = (at < 0 ? proof : proof.slice(0, at)).split("\n");
  if (header !== HEADER) throw new Unknown("kind");
  const shaped = at >= 0 && rows.length >= 2 && rows[0].startsWith("extra ") && rows[1].startsWith("index ");
  if (!shaped) throw new Wrong("proof-shape");
  const index = number(rows[1].slice(6), "index");
  line.index = String(index);
  const [size, root] = await signedHead(line, proof.slice(at + 2), policy);
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

/* Of a line that opens one which could not be shown before: that it stood where this line says, since when, and that
   this line says no other things of it. */
async function checkEarlier(line, item, policy) {
  if (!isObject(item)) throw new Wrong("earlier-shape");
  const old = await checkItem({ bewijs: item.bewijs, inhoud: item.inhoud }, policy);
  const told = old.value ? `${old.value}|${old.reason}` : old.reason;
  if (old.verdict !== "klopt") throw old.verdict === "klopt-niet" ? new Wrong(told) : new Unknown(told);
  const place = `${old.origin.slice(old.origin.lastIndexOf("/") + 1)}-${old.index}`;
  if (JSON.stringify(line.act.bij) !== JSON.stringify([place])) throw new Wrong("earlier-other");
  if (line.body) {
    const shows = isObject(line.body.opgeheven) ? line.body.opgeheven : {}, opens = { ...item.inhoud, plaats: place };
    const alike = (name) => JSON.stringify(line.body[name]) === JSON.stringify(old.body[name]);
    const holds = ["body", "bodyZout", "plaats"].every((name) => shows[name] === opens[name]);
    if (!holds || !TOLD_AGAIN.every(alike)) throw new Wrong("earlier-words");
  }
  return { index: old.index, since: old.act.tijd };
}

async function checkItem(item, policy) {
  const line = { verdict: "klopt", reason: "", value: "", index: null, origin: "", leafHash: "", act: {}, body: null };
  const bundle = isObject(item) ? item : { bewijs: item };
  try {
    const leaf = await checkProof(line, bundle.bewijs, policy);
    if (Object.hasOwn(bundle, "inhoud")) await checkBody(line, leaf, bundle.inhoud);
    if ((bundle.eerder ?? null) !== null) line.earlier = await checkEarlier(line, bundle.eerder, policy);
    /* last of all: what is wrong weighs more than what is missing */
    await checkQuorum(bundle.bewijs.slice(bundle.bewijs.indexOf("\n\n") + 2), policy);
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
async function check(text, rules) {
  try {
    if (!globalThis.crypto || !crypto.subtle) throw new Unknown("browser");
    const policy = await readPolicy(rules);
    let items = text;
    if (!text.startsWith("c2sp.org/")) {
      try { items = strictJson(text); } catch { throw new Unknown("file"); }
    }
    const lines = [];
    for (const item of Array.isArray(items) ? items : [items]) lines.push(await checkItem(item, policy));
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
