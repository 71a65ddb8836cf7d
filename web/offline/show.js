/* What the page says, in two languages: [Dutch, English]. */
const TEXTS = {
  title: ["Kijk zelf na of het klopt", "Check for yourself that it is correct"],
  language: ["English", "Nederlands"],
  intro: [
    "Dit bestand hoort bij het logboek van uw gemeente. Uw browser rekent alles na op uw eigen apparaat. " +
      "Er gaat niets over het internet.",
    "This file belongs to the log of your municipality. Your browser checks everything on your own device. " +
      "Nothing goes over the internet.",
  ],
  busy: ["Uw browser rekent nog", "Your browser is still checking"],
  unchecked: ["Nog niet nagekeken met deze sleutel", "Not checked with this key yet"],
  "all-klopt": ["Alles klopt", "Everything is correct"],
  "all-klopt-niet": ["Niet alles klopt", "Not everything is correct"],
  "all-niet-te-controleren": ["Niet alles is te controleren", "Not everything can be checked"],
  "means-klopt": ["Elke regel hieronder staat zo in het logboek.", "Every line below is in the log just like this."],
  "means-klopt-niet": [
    "Bewaar dit bestand en bel uw gemeente. Vraag naar de privacy-toezichthouder.",
    "Keep this file and call your municipality. Ask for the data protection officer.",
  ],
  "means-niet-te-controleren": [
    "Dit is geen goed en geen fout antwoord. Er staat bij waarom. Het programma regie verify kan soms meer.",
    "This is neither right nor wrong. The reason stands with it. The program regie verify can sometimes do more.",
  ],
  numbers: [
    "De regels hebben nummer {first} tot en met {last}. Er ontbreekt geen nummer.",
    "The lines have numbers {first} to {last}. No number is missing.",
  ],
  linesTitle: ["De regels", "The lines"],
  klopt: ["klopt", "correct"],
  "klopt-niet": ["klopt niet", "not correct"],
  "niet-te-controleren": ["niet te controleren", "cannot be checked"],
  line: ["Regel {index} van {origin}", "Line {index} of {origin}"],
  place: ["Nummer {n}", "Number {n}"],
  bare: ["De inhoud is er niet bij", "The content is not with it"],
  earlier: [
    "Wat deze regel laat zien, staat sinds {when} in het logboek als regel {index}",
    "What this line shows has been in the log since {when} as line {index}",
  ],
  data: ["Gegevens: {names}", "Data: {names}"],
  refused: ["Niet gegeven: {names}", "Not given: {names}"],
  gone: [
    "Deze nummers zijn vernietigd: {numbers}. Een regel hieronder zegt dat.",
    "These numbers were destroyed: {numbers}. A line below says so.",
  ],
  limitsTitle: ["Wat dit bestand niet ziet", "What this file cannot see"],
  limits: [
    "Of er voor de eerste of na de laatste regel nog meer regels zijn. En of anderen hetzelfde logboek zien.",
    "Whether there are more lines before the first or after the last. And whether others see the same log.",
  ],
  keep: [
    "In dit bestand staan gegevens over u. Bewaar het op een veilige plek.",
    "This file has data about you. Keep it in a safe place.",
  ],
  keyTitle: ["De sleutel", "The key"],
  keyText: [
    "Deze sleutel zat in dit bestand. Uw gemeente maakt haar sleutel bekend op haar website, op " +
      "/logboek/v1/sleutels. Vergelijk de twee. Zijn ze anders? Zet dan de bekende sleutel achter het woord log en " +
      "kijk opnieuw na.",
    "This key came with this file. Your municipality publishes its key on its website, at " +
      "/logboek/v1/sleutels. Compare the two. Do they differ? Then put the published key after the word log and " +
      "check again.",
  ],
  keyLabel: ["Sleutel om mee na te kijken", "Key to check with"],
  again: ["Kijk opnieuw na", "Check again"],
  otherTitle: ["Ouder bewijs", "Older proof"],
  otherText: [
    "Hebt u nog bewijs van vroeger? Voeg het toe. Dan ziet u of alles op elkaar past, en of er niets is veranderd.",
    "Do you have proof from earlier? Add it. Then you see whether everything fits, and that nothing was changed.",
  ],
  otherLabel: ["Voeg bestanden met bewijs toe", "Add files with proof"],
  programTitle: ["Liever een programma?", "Prefer a program?"],
  programText: [
    "Bewaar deze twee bestanden in dezelfde map. Typ dan de opdracht.",
    "Save these two files in the same folder. Then type the command.",
  ],
  saveProofs: ["Bewaar het bewijs (bewijs.json)", "Save the proof (bewijs.json)"],
  saveKey: ["Bewaar de sleutel (log.vkey)", "Save the key (log.vkey)"],
};

/* Why, in the words of `regie verify`; {value} is a number or one of PARTS. */
const REASONS = {
  base64: ["{value} is geen geldige base64", "{value} is not valid base64"],
  number: ["{value} is geen getal", "{value} is not a number"],
  json: ["{value} is geen geldige JSON", "{value} is not valid JSON"],
  policy: ["de sleutel heeft niet de juiste vorm", "the key is not in the right form"],
  browser: [
    "deze browser kan de handtekening niet controleren; gebruik regie verify",
    "this browser cannot check the signature; use regie verify",
  ],
  "path-length": [
    "het pad naar de kop van het logboek is te kort of te lang",
    "the path to the head of the log is too short or too long",
  ],
  "path-shape": [
    "het pad naar de kop van het logboek heeft niet de juiste vorm",
    "the path to the head of the log is not in the right form",
  ],
  "signature-shape": ["een handtekening heeft niet de juiste vorm", "a signature is not in the right form"],
  signature: ["een handtekening klopt niet", "a signature is wrong"],
  "head-shape": ["de kop van het logboek heeft niet de juiste vorm", "the head of the log is not in the right form"],
  "no-key": ["er is geen sleutel van dit logboek gegeven", "there is no key of this log"],
  "not-signed": [
    "de kop van het logboek is niet door het logboek getekend",
    "the head of the log was not signed by the log",
  ],
  witness: ["de handtekening van een getuige klopt niet", "the signature of a witness is wrong"],
  quorum: [
    "de kop is nog niet door genoeg getuigen getekend ({value}): vraag later een nieuw bewijs",
    "not enough witnesses have signed the head yet ({value}): ask for a new proof later",
  ],
  "leaf-shape": ["de regel heeft niet de juiste vorm", "the line is not in the right form"],
  act: ["de handeling hoort niet bij de regel", "the act does not belong to the line"],
  "earlier-shape": ["de eerdere regel heeft niet de juiste vorm", "the earlier line is not in the right form"],
  "earlier-other": [
    "de eerdere regel is niet die waar deze regel over gaat",
    "the earlier line is not the one that this line is about",
  ],
  "earlier-words": [
    "de regel zegt iets anders dan de eerdere regel die zij laat zien",
    "the line says something else than the earlier line that it shows",
  ],
  "no-proof": ["er is geen bewijs bij", "there is no proof with it"],
  kind: [
    "dit is geen bewijs van een soort die dit programma kent",
    "this is no proof of a kind that this program knows",
  ],
  "proof-shape": ["het bewijs heeft niet de juiste vorm", "the proof is not in the right form"],
  place: ["de regel staat niet op deze plaats in het logboek", "the line is not at this place in the log"],
  "body-shape": ["de inhoud heeft niet de juiste vorm", "the content is not in the right form"],
  body: ["de inhoud hoort niet bij de regel", "the content does not belong to the line"],
  "number-shape": [
    "het nummer in de reeks past niet bij de verwijzing naar de vorige regel",
    "the number does not fit the reference to the line before",
  ],
  twice: ["nummer {value} van de reeks komt twee keer voor", "number {value} of the series is there twice"],
  missing: [
    "nummer {value} van de reeks is er niet bij, of klopt niet",
    "number {value} of the series is not there, or not correct",
  ],
  "not-next": [
    "de regel past niet op nummer {value} van de reeks",
    "the line does not follow number {value} of the series",
  ],
  file: ["dit bestand is geen bewijs en geen JSON", "this file is no proof and no JSON"],
  empty: ["er staat geen bewijs in dit bestand", "there is no proof in this file"],
  other: ["deze browser kan dit bewijs niet lezen", "this browser cannot read this proof"],
};
const PARTS = {
  extra: ["de toelichting", "the explanation"],
  index: ["de plaats in het logboek", "the place in the log"],
  size: ["de lengte van het logboek", "the length of the log"],
  head: ["de kop van het logboek", "the head of the log"],
  path: ["het pad", "the path"],
  signature: ["een handtekening", "a signature"],
  "the-act": ["de handeling", "the act"],
  "the-body": ["de inhoud", "the content"],
};
const KINDS = {
  verstrekking: ["Er zijn gegevens doorgegeven", "Data was passed on"],
  weigering: ["Er zijn gegevens gevraagd en niet gegeven", "Data was asked for and not given"],
  gemeld: ["Een ander systeem meldde dat het gegevens gebruikte", "Another system reported that it used data"],
  afloop: ["Hoe het doorgeven afliep", "How passing it on ended"],
  "vernietiging-begonnen": ["Wij begonnen oude regels te vernietigen", "We started to destroy old lines"],
  opgeheven: ["Wij laten iets zien dat eerder niet mocht", "We show something that we could not show before"],
  vernietigd: ["Oude regels zijn vernietigd", "Old lines were destroyed"],
  zoeking: ["Iemand zocht naar u", "Somebody looked you up"],
  "toestemming-gevraagd": ["Een afdeling vroeg of u ja of nee zegt", "A department asked for your yes or no"],
  "toestemming-gegeven": ["Er is ja gezegd", "Yes was said"],
  "toestemming-vernieuwd": ["Er is opnieuw ja gezegd", "Yes was said again"],
  "toestemming-geweigerd": ["Er is nee gezegd", "No was said"],
  "toestemming-ingetrokken": ["Het delen is gestopt", "Sharing was stopped"],
  "zaak-geopend": ["Een afdeling schreef op dat u een zaak heeft", "A department wrote down that you have a case"],
  "zaak-gesloten": ["Een zaak van u is klaar", "A case of yours is closed"],
  "kluis-geopend": ["U opende uw kluis", "You opened your vault"],
  "kluis-bewaard": ["U bewaarde iets in uw kluis", "You kept something in your vault"],
  "kluis-ingezien": ["U keek wat er in uw kluis staat", "You looked at what is in your vault"],
  vraag: ["Er is een vraag gesteld", "A question was asked"],
  "vraag-beantwoord": ["Er is antwoord op een vraag", "A question was answered"],
  uitvoer: ["Er zijn bewijzen opgehaald", "Proofs were fetched"],
};

const MAX_FILE = 64 << 20;
const page = { language: document.documentElement.lang === "en" ? 1 : 0, proofs: "", result: null, running: true, run: 0 };
const element = (id) => document.getElementById(id);
const say = (texts, values = {}) => texts[page.language].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "?");

function reasonOf({ reason, value }) {
  return reason ? say(REASONS[reason], { value: PARTS[value] ? say(PARTS[value]) : value }) : "";
}

function momentOf(milliseconds) {
  if (!/^[0-9]{1,14}$/.test(milliseconds)) return "";
  const style = { timeZone: "Europe/Amsterdam", dateStyle: "long", timeStyle: "short" };
  return new Date(Number(milliseconds)).toLocaleString(["nl-NL", "en-GB"][page.language], style);
}

function paragraph(parent, ...content) {
  const made = document.createElement("p");
  made.append(...content);
  parent.append(made);
}

/* Only what was proven is told: act and body are filled in by their checks. */
function spansOf(line) {
  return destroyed(line.act, BigInt(line.body.n)).map(([first, last]) => (first === last ? first : `${first}-${last}`));
}

/* What was passed on, or asked for, and what was not given and why, by their names in the register. */
function dataOf({ elementen, geweigerd }) {
  const names = (list, each) => (Array.isArray(list) ? list.map(each).join(", ") : "");
  const refused = names(geweigerd, (one) => (Array.isArray(one) ? `${one[0]} (${one[1]})` : String(one)));
  const given = names(elementen, String);
  return [given && say(TEXTS.data, { names: given }), refused && say(TEXTS.refused, { names: refused })];
}

/* As sentences: each begins with a capital, and ends once. */
function sentences(parts) {
  const told = parts.filter((each) => typeof each === "string" && each);
  return told.map((each) => each[0].toUpperCase() + each.slice(1).replace(/\.$/, "")).join(". ");
}

function drawLine(line) {
  const item = document.createElement("li"), mark = document.createElement("strong"), reason = reasonOf(line);
  const { soort, tijd } = line.act, body = line.body || {};
  item.dataset.verdict = line.verdict;
  mark.textContent = say(TEXTS[line.verdict]);
  paragraph(item, mark, reason ? `: ${reason}` : "");
  const told = [
    line.body ? say(TEXTS.place, { n: body.n }) : line.verdict === "klopt" ? say(TEXTS.bare) : "",
    KINDS[soort] ? say(KINDS[soort]) : soort,
    body.ontvangerNaam,
    body.doel,
    ...dataOf(body),
    momentOf(tijd),
    line.earlier ? say(TEXTS.earlier, { index: line.earlier.index, when: momentOf(line.earlier.since) }) : "",
  ];
  paragraph(item, sentences(told));
  paragraph(item, say(TEXTS.line, { index: line.index, origin: line.origin || "?" }));
  return item;
}

/* From the first to the last number, when these are the lines of one resident and all of them hold. */
function numbersOf({ verdict, lines }) {
  const told = lines.filter((line) => line.body), bodies = told.map((line) => line.body);
  const people = new Set(bodies.map((body) => body["dpl.core.data_subject_id"]));
  if (verdict !== "klopt" || bodies.length < 2 || people.size > 1) return "";
  const gone = [...new Set(told.flatMap(spansOf))].join(", ");
  if (gone) return say(TEXTS.gone, { numbers: gone });
  if (bodies.length < lines.length) return "";
  const numbers = bodies.map((body) => BigInt(body.n)).sort((one, other) => (one < other ? -1 : 1));
  return say(TEXTS.numbers, { first: numbers[0], last: numbers.at(-1) });
}

function draw() {
  document.documentElement.lang = ["nl", "en"][page.language];
  document.title = say(TEXTS.title);
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = say(TEXTS[each.dataset.t]);
  element("taal").textContent = say(TEXTS.language);
  element("taal").lang = ["en", "nl"][page.language];
  const { result } = page, outcome = element("uitkomst");
  outcome.setAttribute("aria-busy", String(!result && page.running));
  if (!result) return empty(outcome);
  const reason = reasonOf(result);
  outcome.dataset.verdict = result.verdict;
  element("oordeel").textContent = say(TEXTS[`all-${result.verdict}`]) + (reason ? `: ${reason}` : "");
  element("betekenis").textContent = say(TEXTS[`means-${result.verdict}`]);
  element("nummers").textContent = numbersOf(result);
  element("regels").replaceChildren(...result.lines.map(drawLine));
}

/* A verdict is of the key and the proofs that it was made with; of others nothing is known yet. */
function empty(outcome) {
  delete outcome.dataset.verdict;
  element("oordeel").textContent = say(TEXTS[page.running ? "busy" : "unchecked"]);
  for (const id of ["betekenis", "nummers", "regels"]) element(id).replaceChildren();
}

function offer(id, text, type) {
  const link = element(id);
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type }));
}

/* The proofs in a file: a tlog-proof, JSON with one bundle or a list, or a page like this one. */
async function proofsOf(file) {
  if (file.size > MAX_FILE) throw new Unknown("file");
  const text = await file.text();
  if (text.startsWith("c2sp.org/")) return [text];
  if (!/^\s*</.test(text)) return [strictJson(text)].flat();
  const kept = new DOMParser().parseFromString(text, "text/html").getElementById("gegevens");
  return strictJson(kept.textContent).bewijzen;
}

async function checkNow() {
  const policy = element("beleid").value, logs = [...policy.matchAll(/^log[ \t]+(\S+)/gm)];
  const run = ++page.run;
  [page.result, page.running] = [null, true];
  draw();
  offer("bewijs", page.proofs, "application/json");
  offer("vkey", logs.map(([, vkey]) => `${vkey}\n`).join(""), "text/plain");
  const result = await check(page.proofs, policy);
  if (run !== page.run) return; // asked again meanwhile, with something else
  [page.result, page.running] = [result, false];
  draw();
}

function begin() {
  const given = JSON.parse(element("gegevens").textContent);
  page.proofs = JSON.stringify(given.bewijzen);
  element("beleid").value = given.beleid;
  element("taal").addEventListener("click", () => {
    page.language = 1 - page.language;
    draw();
  });
  element("opnieuw").addEventListener("click", checkNow);
  element("beleid").addEventListener("input", () => {
    page.run += 1;
    [page.result, page.running] = [null, false];
    draw();
  });
  element("bestand").addEventListener("change", async (event) => {
    const files = [...event.target.files];
    if (!files.length) return;
    try {
      const added = await Promise.all(files.map(proofsOf));
      page.proofs = JSON.stringify([...given.bewijzen, ...added.flat()]);
    } catch { page.proofs = ""; }
    await checkNow();
  });
  return checkNow();
}

begin();
