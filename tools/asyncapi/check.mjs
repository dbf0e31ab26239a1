#!/usr/bin/env node
// Validates an AsyncAPI 3.0 document: against the schema of AsyncAPI, its references, and the golden records against its
// payloads.
//   tools/asyncapi/check.mjs [FILE]       docs/asyncapi.json by default
// ajv with the published schemas, since @asyncapi/parser brings 130 packages, one of which reports installations.
import { readFileSync, readdirSync } from "node:fs";
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import specs from "@asyncapi/specs";

const root = new URL("../../", import.meta.url);
const file = process.argv[2] ?? new URL("docs/asyncapi.json", root);
const document = JSON.parse(readFileSync(file, "utf8"));
const faults = [];

const schema = { ...specs.schemasWithoutId?.["3.0.0"] ?? specs.schemas["3.0.0"] };
const valid = formats(new Ajv({ strict: false, allErrors: true })).compile(schema);
if (!valid(document)) faults.push(...valid.errors.map((error) => `${error.instancePath} ${error.message}`));

// References point to something within the document.
const resolve = (pointer) =>
  pointer.split("/").slice(1).reduce((value, key) => value?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
const visit = (value, path) => {
  if (value === null || typeof value !== "object") return;
  if (typeof value.$ref === "string" && !(value.$ref.startsWith("#/") && resolve(value.$ref)))
    faults.push(`${path}: nothing is at ${value.$ref}`);
  for (const [key, inner] of Object.entries(value)) visit(inner, `${path}/${key}`);
};
visit(document, "");

const messages = Object.values(document.components.messages);
const ajv = formats(new Ajv2020({ strict: false, allErrors: true })).addFormat("uint32", true);
ajv.addSchema({ $id: "document", ...document });
for (const { name, payload } of messages.filter(({ payload }) => payload.$ref)) {
  const validate = ajv.compile({ $ref: `document${payload.$ref}` });
  const message = name.split(".").at(-1);
  for (const example of [`${message}.json`, `${message}.empty.json`]) {
    const record = JSON.parse(readFileSync(new URL(`proto/examples/v1/${example}`, root), "utf8"));
    if (!validate(record))
      faults.push(...validate.errors.map((error) => `${example}${error.instancePath} ${error.message}`));
  }
}

for (const fault of faults) console.error(`${file}: ${fault}`);
process.exit(faults.length ? 1 : 0);
