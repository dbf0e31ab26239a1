// Brings the libraries and the map of the gateway's page into services/gateway/page/vendor: `node vendor.mjs` after
// `npm ci`, then `tools/lint/generated --update`. No one who runs or builds newswire needs it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { geoArea, geoCentroid } from "d3-geo";
import { feature } from "topojson-client";

const require = createRequire(import.meta.url);
const read = async (path) => JSON.parse(await readFile(path, "utf8"));
const target = fileURLToPath(new URL("../../services/gateway/page/vendor/", import.meta.url));
const modules = new URL("./node_modules/", import.meta.url);
const version = async (name) => (await read(new URL(`${name}/package.json`, modules))).version;

/** Countries of the atlas without an ISO 3166 number. The others without one are left out of the filters. */
const UNNUMBERED = { Kosovo: "XK" };
/** The ice shelf would take a quarter of the map. */
const LEFT_OUT = new Set(["AQ"]);
/** Steradians: smaller countries get a point, too, that can be seen and clicked. */
const SMALL = 3e-4;

const alpha2 = new Map(require("i18n-iso-countries/codes.json").map(([two, , number]) => [number, two]));
const code = ({ id, properties }) => alpha2.get(String(id ?? "").padStart(3, "0")) ?? UNNUMBERED[properties.name];

async function library() {
  const names = ["d3-geo", "d3-array", "internmap", "topojson-client"];
  const versions = await Promise.all(names.map(async (name) => `${name} ${await version(name)}`));
  await build({
    stdin: {
      contents: `export { geoEqualEarth, geoGraticule10, geoPath } from "d3-geo";
                 export { feature, mesh } from "topojson-client";`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none",
    banner: { js: `// ${versions.join(", ")} (ISC): see licences.txt. Made by tools/page/vendor.mjs.` },
    outfile: `${target}geo.js`,
  });
  return names;
}

async function world() {
  const atlas = await read(new URL("world-atlas/countries-110m.json", modules));
  const fine = await read(new URL("world-atlas/countries-10m.json", modules));
  const collection = atlas.objects.countries;
  collection.geometries = collection.geometries.filter((one) => !LEFT_OUT.has(code(one)));
  const large = new Set();
  for (const one of feature(atlas, collection).features) if (geoArea(one) >= SMALL) large.add(code(one));
  for (const one of collection.geometries) {
    one.id = code(one);
    delete one.properties;
  }
  const points = {};
  for (const one of feature(fine, fine.objects.countries).features) {
    const two = code(one);
    if (!two || large.has(two) || LEFT_OUT.has(two)) continue;
    points[two] = geoCentroid(one).map((degrees) => Math.round(degrees * 100) / 100);
  }
  delete atlas.objects.land;
  await writeFile(`${target}world.json`, `${JSON.stringify({ atlas, points })}\n`);
}

async function licences(names) {
  const texts = [];
  for (const name of [...names, "world-atlas"]) {
    const text = await readFile(new URL(`${name}/LICENSE`, modules), "utf8");
    texts.push(`${name} ${await version(name)}\n\n${text.trim()}\n`);
  }
  texts.push(`The codes of the countries are from i18n-iso-countries ${await version("i18n-iso-countries")}\n\n${
    (await readFile(new URL("i18n-iso-countries/LICENSE", modules), "utf8")).trim()}\n`);
  texts.push("The shapes in world-atlas are made from Natural Earth, which is in the public domain.\n");
  await writeFile(`${target}licences.txt`, texts.join(`\n${"-".repeat(80)}\n\n`));
}

await mkdir(target, { recursive: true });
await licences(await library());
await world();
