// Makes invented articles in the form of `view=brief`, with spans by code point.
import { alpha3, byName, countryName, ENTITIES, id, nameIn, PUBLISHERS, SUBJECTS, TEMPLATES } from "./data.mjs";

const pick = (next, list, bias = 1) => list[Math.floor(next() ** bias * list.length)];

/** Fills a template and notes where each name stands: {text, spans: [{slot, start, end, text}]}. */
function fill(template, values) {
  let text = "";
  const spans = [];
  for (const part of template.split(/(\{[A-Z]\})/)) {
    const value = values[part[1]];
    if (part.startsWith("{") && value) {
      const start = [...text].length;
      spans.push({ slot: part[1], start, end: start + [...value].length, text: value });
      text += value;
    } else text += part;
  }
  return { text, spans };
}

/** The article number `n`, published at `time` (milliseconds); `next` gives its random numbers. */
export function article(n, time, next) {
  const publisher = pick(next, PUBLISHERS, 1.3);
  // Some countries and people rise in the last hours.
  const recent = Date.now() - time < 6 * 3_600_000;
  const a = recent && next() < 0.25 ? "IS" : next() < 0.35 ? publisher.country : pick(next, SUBJECTS, 2);
  let b = pick(next, SUBJECTS, 1.6);
  if (b === a) b = a === "KE" ? "TZ" : "KE";
  const people = ENTITIES.filter((one) => one.type === "PERSON");
  const organisations = ENTITIES.filter((one) => one.type === "ORG");
  const person = recent && next() < 0.3 ? people[3] : pick(next, people, 1.5);
  const organisation = recent && next() < 0.3 ? organisations[5] : pick(next, organisations, 1.5);
  const [title, summary] = pick(next, TEMPLATES[publisher.language] ?? TEMPLATES.en);
  const values = { A: nameIn(publisher.language, a), B: nameIn(publisher.language, b), P: person.name, O: organisation.name };
  return assemble(n, time, publisher, { title: fill(title, values), summary: fill(summary, values) }, { A: a, B: b }, next);
}

function assemble(n, time, publisher, fields, codes, next) {
  const countries = [];
  const entities = [];
  for (const [slot, code] of Object.entries(codes)) {
    const evidence = [];
    for (const [field, { spans }] of Object.entries(fields)) {
      for (const span of spans) if (span.slot === slot) evidence.push({ kind: "NAME", field, start: span.start, end: span.end, text: span.text });
    }
    if (!evidence.length) continue;
    const role = slot === "A" ? "FOCUS" : "MENTIONED";
    countries.push({ code, alpha3: alpha3(code), name: countryName(code), role, salience: slot === "A" ? 0.6 : 0.2, evidence });
    entities.push({
      key: `Q${code}`, type: "GPE", name: countryName(code), salience: slot === "A" ? 0.7 : 0.3,
      in_title: evidence.some((one) => one.field === "title"),
      mentions: evidence.map(({ field, start, end, text }) => ({ field, start, end, text })),
    });
  }
  for (const slot of ["P", "O"]) {
    const mentions = [];
    for (const [field, { spans }] of Object.entries(fields)) {
      for (const { slot: of, start, end, text } of spans) if (of === slot) mentions.push({ field, start, end, text });
    }
    if (!mentions.length) continue;
    const { key, type, name } = byName.get(mentions[0].text);
    entities.push({ key, type, name, salience: 0.4, in_title: mentions.some((one) => one.field === "title"), mentions });
  }
  const at = new Date(time).toISOString();
  return {
    article_id: id(`article ${n}`), revision: 1, enrichment: 0, change: "NEW", url: `https://${publisher.domain}/story/${n}`,
    published_at: at, first_seen_at: new Date(time + 4000 + next() * 60_000).toISOString(), updated_at: null,
    publisher_name: publisher.name, publisher_domain: publisher.domain, publisher_country: publisher.country,
    language: publisher.language, title: fields.title.text, summary: fields.summary.text,
    feed_ids: [id(`feed ${publisher.domain}`)], backfill: false, warnings: [], entities, countries,
  };
}
