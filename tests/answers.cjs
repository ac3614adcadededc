// Are these answers what the document says? node answers.cjs openapi.json answers.json
// answers.json: [{ "name": "listPractices", "schema": "#/paths/~1api~1v1~1practices/get/…/schema", "answer": {…} }]. What is wrong is printed, one line each.
const { readFileSync } = require("node:fs");
const Ajv2020 = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const [document, answers] = process.argv.slice(2).map(file => JSON.parse(readFileSync(file, "utf8")));

// A reader must bear fields that it does not know; a node must not answer any that it does not tell.
const close = schema => {
  if (schema && typeof schema === "object") {
    if (schema.properties && !schema.additionalProperties) schema.additionalProperties = false;
    Object.values(schema).forEach(close);
  }
};
close(document);

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv, ["date-time", "int32", "int64", "double"]);
ajv.addSchema({ $id: "https://document/", ...document });
for (const { name, schema, answer } of answers) {
  const check = ajv.compile({ $ref: `https://document/${schema}` });
  if (!check(answer)) for (const { instancePath, message, params } of check.errors) console.log(`${name}${instancePath} ${message} ${JSON.stringify(params)}`);
}
