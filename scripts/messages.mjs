// Writes docs/messages.md from the metadata in target/ink; with --check only compares.
import { readFileSync, writeFileSync, readdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bundles = process.env.AUTONOMY_BUNDLES ?? join(root, "target/ink");
const page = join(root, "docs/messages.md");

// Names a type of the metadata's registry as Rust would.
function typeName(types, id) {
  const { path = [], params = [], def } = types[id].type;
  if (def.primitive) return def.primitive;
  if (def.tuple) return `(${def.tuple.map((t) => typeName(types, t)).join(", ")})`;
  if (def.array) return `[${typeName(types, def.array.type)}; ${def.array.len}]`;
  if (def.sequence) return `Vec<${typeName(types, def.sequence.type)}>`;
  if (def.compact) return typeName(types, def.compact.type);
  const generics = params.filter((p) => p.type !== undefined && p.type !== null).map((p) => typeName(types, p.type));
  const name = path[path.length - 1];
  return generics.length > 0 ? `${name}<${generics.join(", ")}>` : name;
}

// What a message returns on success: ink wraps every result once more for undecodable calls.
function success(types, id) {
  const inner = (i) => types[i].type.params?.find((p) => p.name === "T")?.type;
  const outcome = inner(id);
  const isResult = types[outcome].type.path?.at(-1) === "Result";
  return typeName(types, isResult ? inner(outcome) : outcome);
}

// Lines as rustdoc has them; a blank one parts paragraphs. Headings would break the page's own outline.
const prose = (docs) =>
  docs
    .map((line) => line.trim().replace(/^# (.*)$/, "**$1**"))
    .join("\n")
    .trim();

// What a field or variant means, on one line; nothing where its name says it all.
function meaning(docs = []) {
  const text = prose(docs).replace(/\s+/g, " ");
  return text ? `: ${text}` : "";
}

function fields(types, id) {
  const { def, path } = types[id].type;
  const list = (all) => all.map((f) => `${f.name ? `${f.name}: ` : ""}${typeName(types, f.type)}`).join(", ");
  if (def.composite) return [`### ${path.at(-1)}`, "", ...(def.composite.fields ?? []).map(field(types)), ""];
  const variants = (def.variant.variants ?? []).map((v) => {
    const inner = v.fields?.length > 0 ? ` { ${list(v.fields)} }` : "";
    return `- \`${v.name}${inner}\`${meaning(v.docs)}`;
  });
  return [`### ${path.at(-1)}`, "", ...variants, ""];
}

const field = (types) => (f) => `- \`${f.name}: ${typeName(types, f.type)}\`${meaning(f.docs)}`;

function contract(name) {
  const { spec, types } = JSON.parse(readFileSync(join(bundles, `${name}.json`), "utf8"));
  const out = [`# ${name}`, ""];
  const args = (list) => list.map((a) => `${a.label}: ${typeName(types, a.type.type)}`).join(", ");
  for (const entry of spec.constructors) {
    out.push(`## new(${args(entry.args)})`, "", `constructor${entry.payable ? ", payable" : ""} · \`${entry.selector}\``, "", prose(entry.docs), "");
  }
  for (const [title, mutates] of [["Messages", true], ["Views", false]]) {
    out.push(`## ${title}`, "");
    for (const m of spec.messages.filter((m) => m.mutates === mutates)) {
      out.push(
        `### ${m.label}(${args(m.args)})`,
        "",
        `→ \`${success(types, m.returnType.type)}\`${m.payable ? " · payable (TAO, rao)" : ""} · \`${m.selector}\``,
        "",
        prose(m.docs),
        "",
      );
    }
  }
  out.push("## Events", "");
  for (const e of spec.events) {
    out.push(`### ${e.label}`, "", `\`${e.signature_topic}\``, "", prose(e.docs), "");
    for (const f of e.args) {
      out.push(
        `- \`${f.label}: ${typeName(types, f.type.type)}\`${f.indexed ? " (indexed)" : ""}${meaning(f.docs)}`,
      );
    }
    out.push("");
  }
  out.push("## Types", "");
  const own = types
    .map((t, id) => ({ id, path: t.type.path ?? [], def: t.type.def }))
    .filter(({ path, def }) => ["kernel", "market", "subtensor"].includes(path[0]) && (def.composite || def.variant))
    .filter(({ path }) => !["AlphaMarket", "MarketCell", "AccountCell", "PositionCell"].includes(path.at(-1)))
    .sort((a, b) => a.path.at(-1).localeCompare(b.path.at(-1), "en"));
  for (const { id } of own) out.push(...fields(types, id));
  return out.join("\n");
}

const names = readdirSync(bundles)
  .filter((f) => f.endsWith(".contract"))
  .map((f) => f.replace(/\.contract$/, ""))
  .sort();
const text = [
  "<!-- Generated from the contracts' metadata by scripts/messages.mjs. -->",
  "",
  "Amounts are in rao (TAO) and alpha-rao, 1e9 to the coin; prices `price_e12` are rao per alpha-rao × 1e12; shares are 128-bit; blocks of 12 s.",
  "Every message that moves value is refused with `GenerationEnded` once the subnet's generation has ended.",
  "",
  ...names.map(contract),
]
  .join("\n")
  .replace(/\n{3,}/g, "\n\n")
  .trimEnd();

if (process.argv.includes("--check")) {
  const kept = existsSync(page) ? readFileSync(page, "utf8").trimEnd() : "";
  if (kept !== text) {
    console.error("docs/messages.md does not match the contracts: run 'node scripts/messages.mjs' after 'make contracts'");
    process.exit(1);
  }
} else {
  writeFileSync(page, `${text}\n`);
}
