// Copies browser files out of npm packages into internal/console/static/vendor and records where they came from.
// Run by `make vendor-web`; nothing else needs Node.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { join } from "node:path";
import { build } from "esbuild";

const out = "../internal/console/static/vendor";
const files = [
  { name: "tabler.css", pkg: "@tabler/core", source: "dist/css/tabler.min.css", licence_file: "licences/tabler-core.txt" },
  { name: "htmx.js", pkg: "htmx.org", source: "dist/htmx.min.js" },
  { name: "idiomorph.js", pkg: "idiomorph", source: "dist/idiomorph-ext.min.js" },
  { name: "sse.js", pkg: "htmx-ext-sse", source: "dist/sse.min.js", licence: "0BSD" },
  { name: "echarts.js", pkg: "echarts", source: "echarts/core, the charts and components listed in web/echarts.js", make: echarts, also: ["zrender", "tslib"] },
  { name: "icons.svg", pkg: "@tabler/icons", source: "icons/outline/*.svg, those listed in web/icons.txt", make: sprite },
];

async function echarts() {
  const made = await build({ entryPoints: ["echarts.js"], bundle: true, minify: true, write: false, target: "es2020", legalComments: "none", define: { "process.env.NODE_ENV": '"production"' } });
  return Buffer.from(made.outputFiles[0].contents);
}

function sprite() {
  const names = readFileSync("icons.txt", "utf8").split("\n").filter(Boolean).sort();
  const symbols = names.map((n) => {
    const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${n}.svg`, "utf8");
    const body = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${n}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
}

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
const sha256 = (b) => createHash("sha256").update(b).digest("hex");
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "licences"), { recursive: true });
const record = [];
for (const f of files) {
  const dir = join("node_modules", f.pkg);
  const meta = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
  let body = f.make ? await f.make() : readFileSync(join(dir, f.source));
  body = Buffer.from(body.toString("utf8").replace(/\n?(\/\/#|\/\*#) sourceMappingURL=.*$/gm, ""));
  writeFileSync(join(out, f.name), body);
  writeFileSync(join(out, f.name + ".gz"), gzipSync(body, { level: 9 }));
  writeFileSync(join(out, f.name + ".br"), brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  const slug = f.pkg.replace("@", "").replace("/", "-");
  const licence = f.licence_file ?? ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((n) => join(dir, n)).find(existsSync);
  const entry = { file: f.name, package: f.pkg, version: meta.version, integrity: lock[`node_modules/${f.pkg}`].integrity, licence: f.licence ?? meta.license, source: f.source, size: body.length, sha256: sha256(body) };
  if (licence) {
    cpSync(licence, join(out, "licences", slug + ".txt"));
    entry.licence_text = `licences/${slug}.txt`;
  }
  const notice = join(dir, "NOTICE");
  if (existsSync(notice)) cpSync(notice, join(out, "licences", slug + ".NOTICE.txt"));
  for (const other of f.also ?? []) {
    const from = ["LICENSE", "LICENSE.txt"].map((n) => join("node_modules", other, n)).find(existsSync);
    cpSync(from, join(out, "licences", other + ".txt"));
    const m = JSON.parse(readFileSync(join("node_modules", other, "package.json"), "utf8"));
    (entry.contains ??= []).push({ package: other, version: m.version, licence: m.license, integrity: lock[`node_modules/${other}`].integrity, licence_text: `licences/${other}.txt` });
  }
  record.push(entry);
}
writeFileSync(join(out, "VENDOR.json"), JSON.stringify(record, null, 2) + "\n");
for (const e of record) console.log(e.file, e.size, e.licence, e.licence_text ?? "NO LICENCE TEXT");
