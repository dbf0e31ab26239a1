// Invented news for the mock gateway: publishers, people, organisations and stories that develop over a day.
import { createHash } from "node:crypto";

export const id = (text) => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** A generator of numbers in [0, 1) that gives the same sequence each time (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const english = new Intl.DisplayNames(["en"], { type: "region" });
export const countryName = (code) => english.of(code);
const ALPHA3 = {
  KE: "KEN", TZ: "TZA", FR: "FRA", DE: "DEU", MA: "MAR", ES: "ESP", ET: "ETH", ER: "ERI", NO: "NOR", IS: "ISL", GB: "GBR",
  US: "USA", BR: "BRA", AR: "ARG", JP: "JPN", IN: "IND", CN: "CHN", EG: "EGY", LB: "LBN", NG: "NGA", ZA: "ZAF", UA: "UKR",
  PL: "POL", TR: "TUR", MX: "MEX", CA: "CAN", AU: "AUS", NZ: "NZL", SG: "SGP", MT: "MLT", FJ: "FJI", LU: "LUX", CH: "CHE",
  IT: "ITA", GR: "GRC", PE: "PER", CL: "CHL", KR: "KOR", VN: "VNM", ID: "IDN", PT: "PRT", SE: "SWE", TV: "TUV", BB: "BRB",
};
export const alpha3 = (code) => ALPHA3[code] ?? `${code}X`;

export const PUBLISHERS = [
  ["The Coast Courier", "coastcourier.example", "KE", "en"], ["Highland Observer", "highland.example", "ET", "en"],
  ["Le Quotidien du Port", "quotidienport.example", "FR", "fr"], ["Hafenbote", "hafenbote.example", "DE", "de"],
  ["صحيفة الميناء", "almina.example", "EG", "ar"], ["El Faro del Sur", "farosur.example", "AR", "es"],
  ["Harbour Daily", "harbour.example", "GB", "en"], ["Prairie Post", "prairie.example", "US", "en"],
  ["Folha da Ribeira", "ribeira.example", "BR", "pt"], ["海港新聞", "minato.example", "JP", "ja"],
  ["Fjordbladet", "fjordbladet.example", "NO", "no"], ["Bay of Bengal Times", "bengal.example", "IN", "en"],
  ["Südwest Rundschau", "rundschau.example", "CH", "de"], ["Lagos Evening Wire", "lagoswire.example", "NG", "en"],
  ["Голос Дніпра", "dnipro.example", "UA", "uk"], ["Correio Atlântico", "atlantico.example", "PT", "pt"],
  ["Southern Cross Gazette", "southerncross.example", "AU", "en"], ["Gazeta Nadbrzeżna", "nadbrzezna.example", "PL", "pl"],
  ["L’Avviso Marittimo", "avviso.example", "IT", "it"], ["Straits Bulletin", "straits.example", "SG", "en"],
].map(([name, domain, country, language]) => ({ name, domain, country, language }));

/** [key, type, name, wikidata id, country] */
export const ENTITIES = [
  ["person:amina odhiambo", "PERSON", "Amina Odhiambo"], ["person:claire vasseur", "PERSON", "Claire Vasseur"],
  ["person:dawit haile", "PERSON", "Dawit Haile"], ["person:ingrid solberg", "PERSON", "Ingrid Solberg"],
  ["person:rafael quintana", "PERSON", "Rafael Quintana"], ["person:meera raghunathan", "PERSON", "Meera Raghunathan"],
  ["person:tomasz wierzbicki", "PERSON", "Tomasz Wierzbicki"], ["person:leila haddad", "PERSON", "Leila Haddad"],
  ["person:kenji morimoto", "PERSON", "Kenji Morimoto"], ["person:oluwaseun adeyemi", "PERSON", "Oluwaseun Adeyemi"],
  ["org:coastal shipping authority", "ORG", "Coastal Shipping Authority"], ["org:northern grid", "ORG", "Northern Grid"],
  ["org:ministry of agriculture", "ORG", "Ministry of Agriculture"], ["org:bluewater line", "ORG", "Bluewater Line"],
  ["org:pan-african rail", "ORG", "Pan-African Rail"], ["org:meteorological union", "ORG", "Meteorological Union"],
  ["org:hafen und kai", "ORG", "Hafen und Kai"], ["org:grand port maritime", "ORG", "Grand Port maritime"],
].map(([key, type, name]) => ({ key, type, name, wikidata_id: "", geonames_id: "", country: "" }));
export const byName = new Map(ENTITIES.map((one) => [one.name, one]));

/** Title, summary, countries in focus, countries mentioned. {P} a person, {O} an organisation, {A}, {B} countries. */
export const TEMPLATES = {
  en: [
    ["{A} and {B} reopen ferry link after two years", "Passenger ships of {O} sail again, said {P}. A storm had closed the piers 😀 on both shores."],
    ["{P} to lead talks on water between {A} and {B}", "The talks begin on Monday. {O} has asked for a common plan for the upper basin by the end of the year."],
    ["Early rains raise hopes for the harvest in {A}", "Farmers in three districts sow a month sooner than in the past five years, {O} says."],
    ["{O} connects {A} to the power lines of {B}", "The cable carries 700 megawatts. “It ends the winter cuts”, said {P}, who signed the contract in spring."],
    ["Night trains from {A} reach the coast of {B} again", "{O} sells the first tickets this week; {P} calls the timetable cautious."],
    ["Sixteen-year-old from {A} wins the open chess title", "{P} presented the cup. Three grandmasters from {B} were among those beaten on the way."],
    ["Storm crosses {A}: 40,000 homes without power", "{O} expects gusts until the evening and warns ships off {B}."],
  ],
  fr: [["Le port double sa capacité : {A} et {B} signent un accord", "Les travaux commencent en mars, selon {P}. {O} prévoit deux nouveaux quais."]],
  de: [["{A} und {B} bauen eine gemeinsame Bahnlinie", "{O} rechnet mit sechs Jahren Bauzeit, sagte {P} am Dienstag."]],
  es: [["{A} inaugura el mayor parque eólico frente a {B}", "{P} destacó que {O} conectará las primeras turbinas en enero."]],
  pt: [["{A} e {B} retomam a travessia de balsa", "A {O} anunciou os horários; {P} participa da primeira viagem."]],
  ar: [["افتتاح خط جديد للقطارات بين {A} و{B}", "قالت {P} إن {O} ستبدأ بيع التذاكر يوم الاثنين."]],
  ja: [["{A}と{B}、新しい航路で合意", "{O}によると、{P}氏が来週署名する。"]],
  no: [["{A} og {B} blir enige om kabel under havet", "{O} legger den første delen til sommeren, sier {P}."]],
  uk: [["{A} та {B} відкривають новий міст", "{O} завершила роботи раніше строку, каже {P}."]],
  pl: [["{A} i {B} otwierają nocne połączenie", "{O} sprzedaje bilety od poniedziałku, mówi {P}."]],
  it: [["{A} e {B}: riapre il traghetto dopo due anni", "{O} annuncia tre corse al giorno, secondo {P}."]],
};
export const SUBJECTS = Object.keys(ALPHA3);

const names = new Map();
/** The country's name in a language. */
export function nameIn(language, code) {
  if (!names.has(language)) names.set(language, new Intl.DisplayNames([language], { type: "region" }));
  return names.get(language).of(code);
}
