// A document as YAML, to be edited by a person. It is read by the API alone.

const PLAIN = /^[A-Za-z\u4e00-\u9fff_][\w\u4e00-\u9fff /.-]*$/;
const WORDS = /^(true|false|yes|no|on|off|null|none|y|n)$/i;
const DURATION = /^(\d+h)?(\d+m)?(\d+s)?$|^\d+(bd|%)$/;
const WIDTH = 110;

function scalar(value) {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  const plain = (PLAIN.test(value) && !WORDS.test(value) && !value.endsWith(" ") && !value.endsWith(":")) || (value !== "" && DURATION.test(value)) || /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(value);
  return plain ? value : JSON.stringify(value);
}

const simple = (value) => value === null || typeof value !== "object";

function flow(value) {
  if (simple(value)) return scalar(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  return `{${Object.entries(value).map(([key, one]) => `${scalar(key)}: ${flow(one)}`).join(", ")}}`;
}

const short = (value, indent) => {
  const text = flow(value);
  return text.length + indent <= WIDTH && !text.includes("{{") ? text : null;
};

function block(value, indent) {
  const space = " ".repeat(indent);
  if (Array.isArray(value)) {
    return value.map((one) => {
      if (simple(one)) return `${space}- ${scalar(one)}`;
      const line = Object.values(one).every(simple) || Object.keys(one).length <= 2 ? short(one, indent + 2) : null;
      return line ? `${space}- ${line}` : `${space}- ${block(one, indent + 2).trimStart()}`;
    }).join("\n");
  }
  return Object.entries(value)
    .map(([key, one]) => {
      const name = `${space}${scalar(key)}:`;
      if (simple(one)) return `${name} ${scalar(one)}`;
      const nested = Object.values(one).some((each) => !simple(each) && Object.values(each).some((inner) => !simple(inner)));
      const line = (indent > 0 && !nested) || !Object.keys(one).length ? short(one, indent + key.length + 2) : null;
      return line ? `${name} ${line}` : `${name}\n${block(one, indent + 2)}`;
    })
    .join("\n");
}

/** The document as text, with a line break at its end. */
export const yaml = (document) => `${block(document, 0)}\n`;
