// Builds the panel, and the JupyterLab extension around it (js/labextension.mjs).
//
//   node js/build.mjs               what is shipped, into convend_widget/panel/static and labextension
//   node js/build.mjs --watch       the same, again at every save      (--dev: source maps, not minified)
//   node js/build.mjs serve         the development page on 127.0.0.1, reloaded at every save  (--port=N)
//   node js/build.mjs page DIR      the development page as plain files in DIR      (--entry=FILE: with other code)
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { lab, labOptions, layOut } from "./labextension.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "convend_widget", "panel", "static");

/** The anywidget module. Hosts save its text with every widget, so it stays tiny and only fetches chunks. */
const loader = { source: "js/src/widget.ts", file: "loader.js", budget: 5_000 };

/** What the loader asks the kernel for by name. */
const panel = { name: "panel", source: "js/src/panel.ts", budget: 200_000 };

/**
 * Every module in js/src/chunks/ is a chunk of its own, which the panel asks for when it is first needed. A chunk that
 * nobody has needed yet costs nothing. How to add one: js/src/core/chunks.ts.
 */
const folder = join(root, "js", "src", "chunks");
const budgets = { code: 110_000, math: 290_000 };
const MOST = 60_000; // bytes of any other
const lazy = (await readdir(folder))
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .map((file) => {
    const name = basename(file, ".ts");
    return { name, source: `js/src/chunks/${file}`, budget: budgets[name] ?? MOST };
  });

/** `import css from "./panel.css"` gives the style sheet, with those that it imports, as text for the panel to adopt. */
function cssAsText(minify) {
  return {
    name: "css-as-text",
    setup(build) {
      build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { absWorkingDir, target, charset } = build.initialOptions;
        const entry = { entryPoints: [path], bundle: true, write: false, metafile: true };
        const made = await esbuild.build({ ...entry, absWorkingDir, target, charset, minify, logLevel: "silent" });
        const watchFiles = Object.keys(made.metafile.inputs).map((file) => join(absWorkingDir, file));
        return { contents: made.outputFiles[0].text, loader: "text", watchFiles };
      });
    },
  };
}

/**
 * What of markdown-it the panel never uses, since it is told `html: false` and no `typographer`: rules that do nothing
 * then, and presets. Without a mention esbuild leaves their code out, some 5 kB.
 */
const idle = [
  /\t\["(?:replacements|smartquotes|html_inline)", \w+\],\n/g,
  /\t\[\s*"html_block",\s*html_block,\s*\[[^\]]*\]\s*\],\n/g,
  /,\n\tzero: \{[\s\S]*?\n\t\}(?=\n\};)/g,
];

const withoutIdleRules = {
  name: "without-idle-rules",
  setup(build) {
    build.onLoad({ filter: /markdown-it\/dist\/markdown-it\.mjs$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [index, part] of idle.entries()) {
        const found = contents.match(part)?.length ?? 0;
        if (found !== [3, 1, 1][index]) throw new Error(`markdown-it is not what js/build.mjs knows: ${part}`);
        contents = contents.replace(part, "");
      }
      return { contents, loader: "js" };
    });
  },
};

function options(dev) {
  return {
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    minify: !dev,
    sourcemap: dev ? "inline" : false, // a chunk becomes a blob: URL, beside which no map file could be found
    legalComments: "inline",
    logLevel: "warning",
    alias: {
      entities: "./js/src/core/entities.ts", // the browser has that table already
      "linkify-it": "./js/src/core/linkify.ts",
      mdurl: "./js/src/core/addresses.ts",
      "punycode.js": "./js/src/core/addresses.ts",
      "uc.micro": "./js/src/core/unicode.ts", // and these classes
    },
    plugins: [cssAsText(!dev), withoutIdleRules],
  };
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * `import digests from "convend:chunks"` gives the sha256 of each lazy chunk by name, so that a panel asks for exactly
 * the chunks that it was built with. They are built on the way; `done` takes what esbuild made of each.
 */
function lazyChunks(dev, done) {
  let inputs = [];
  const make = async () => {
    const results = await Promise.all(lazy.map(({ source }) => esbuild.build(entryOptions(source, dev))));
    inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs).map((file) => join(root, file)));
    await done(results);
    const digests = lazy.map(({ name }, index) => [name, sha256(results[index].outputFiles[0].contents)]);
    return JSON.stringify(Object.fromEntries(digests));
  };
  return {
    name: "lazy-chunks",
    setup(build) {
      build.onResolve({ filter: /^convend:chunks$/ }, ({ path }) => ({ path, namespace: "convend" }));
      build.onLoad({ filter: /.*/, namespace: "convend" }, async () => {
        try {
          return { contents: await make(), loader: "json", watchFiles: inputs };
        } catch (error) {
          if (!error.errors) throw error;
          return { errors: error.errors, watchFiles: inputs }; // tried again at the next save
        }
      });
    },
  };
}

/** Writes beside the place and renames, so that a kernel never reads half a file. */
async function put(name, content) {
  const partial = join(out, `.${name}.partial`);
  await writeFile(partial, content);
  await rename(partial, join(out, name));
}

async function removeAllBut(kept) {
  for (const name of await readdir(out)) if (!kept.has(name)) await rm(join(out, name), { recursive: true });
}

/** The licence texts that the bundled packages ask to travel with them. */
async function licences(metafiles) {
  const packages = new Set();
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const found = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[0]);
  }
  const texts = [];
  for (const folder of [...packages].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
    const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file)
      throw new Error(`${name} is bundled but brings no licence text: choose another package or add the text.`);
    texts.push(`${name} ${version} (${license})\n\n${(await readFile(join(root, folder, file), "utf8")).trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(78)}\n\n`);
}

function withinBudget({ file, size, budget }) {
  if (size > budget)
    throw new Error(`${file} is ${size} bytes; its budget in js/build.mjs is ${budget}. Make it smaller.`);
}

/** Takes what esbuild made of Lab's part, the loader and each chunk, in their order, and lays out both folders. */
async function publish([ofLab, ...results], dev) {
  await mkdir(out, { recursive: true });
  const made = results.map((result) => result.outputFiles[0].contents);
  const script = ofLab.outputFiles[0].contents;
  const written = [{ file: loader.file, size: made[0].length, budget: loader.budget }];
  const manifest = {};
  for (const [index, { name, budget }] of [panel, ...lazy].entries()) {
    const content = made[index + 1];
    const digest = sha256(content);
    manifest[name] = { file: `${name}-${digest.slice(0, 12)}.js`, sha256: digest };
    written.push({ file: manifest[name].file, size: content.length, budget });
  }
  if (!dev) [...written, { file: lab.source, size: script.length, budget: lab.budget }].forEach(withinBudget);
  const notices = await licences(results.map((result) => result.metafile));
  await Promise.all(written.map(({ file }, index) => put(file, made[index])));
  await put("THIRD_PARTY_LICENSES.txt", notices);
  await put("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`); // last: it names files that are there by now
  await removeAllBut(new Set([...written.map(({ file }) => file), "THIRD_PARTY_LICENSES.txt", "manifest.json"]));
  const entry = await layOut(script, out, manifest);
  const folder = relative(root, out);
  const all = [...written.map(({ file, size }) => [join(folder, file), size]), [entry, script.length]];
  for (const [file, size] of all) console.log(`${file}  ${(size / 1000).toFixed(1)} kB`);
}

function entryOptions(source, dev) {
  return { ...options(dev), entryPoints: [source], write: false, metafile: true };
}

/** The panel and, on the way, the lazy chunks: `done` takes what was made of them before the panel is ready. */
function panelOptions(dev, done) {
  const entry = entryOptions(panel.source, dev);
  return { ...entry, plugins: [...entry.plugins, lazyChunks(dev, done)] };
}

const entriesOf = (dev, done) => [labOptions(options(dev)), entryOptions(loader.source, dev), panelOptions(dev, done)];

async function build(dev) {
  let parts = [];
  const keep = (results) => {
    parts = results;
  };
  const entries = entriesOf(dev, keep);
  const results = await Promise.all(entries.map((entry) => esbuild.build(entry)));
  await publish([...results, ...parts], dev);
}

/** Publishes anew when any entry was rebuilt; a save that does not compile leaves the last good files. */
async function watch(dev) {
  let parts = [];
  const keep = (results) => {
    parts = results;
  };
  const latest = [undefined, undefined, undefined];
  let queue = Promise.resolve();
  const republish = () => {
    queue = queue
      .then(() => (latest.every(Boolean) ? publish([...latest, ...parts], dev) : undefined))
      .catch((error) => console.error(error.message));
    return queue;
  };
  for (const [index, entry] of entriesOf(dev, keep).entries()) {
    const notify = {
      name: "publish",
      setup({ onEnd }) {
        onEnd((result) => {
          if (result.errors.length) return;
          latest[index] = result;
          republish(); // not awaited: esbuild would hold back the next rebuild
        });
      },
    };
    await (await esbuild.context({ ...entry, plugins: [...entry.plugins, notify] })).watch();
  }
}

/** The development page: `js/dev/index.html` and, beside it, `dev.js` made of `js/src/dev.ts`, and chunks as files. */
function pageOptions(outdir, { dev, reload, entry = "js/src/dev.ts" }) {
  const beside = async (results) => {
    await mkdir(join(outdir, "chunks"), { recursive: true });
    const files = results.map(({ outputFiles }) => outputFiles[0].contents);
    await Promise.all(lazy.map(({ name }, index) => writeFile(join(outdir, "chunks", `${name}.js`), files[index])));
  };
  return {
    ...options(dev),
    plugins: [...options(dev).plugins, lazyChunks(dev, beside)],
    entryPoints: { dev: entry, index: "js/dev/index.html" },
    loader: { ".html": "copy" },
    outdir,
    banner: reload ? { js: 'new EventSource("/esbuild").addEventListener("change", () => location.reload());' } : {},
  };
}

async function serve(port) {
  const servedir = await mkdtemp(join(tmpdir(), "convend-dev-"));
  const context = await esbuild.context(pageOptions(servedir, { dev: true, reload: true }));
  await context.watch();
  const server = await context.serve({ servedir, host: "127.0.0.1", port });
  console.log(`The panel, without Jupyter: http://127.0.0.1:${server.port}/  (Control+C stops it)`);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await context.dispose();
      await rm(servedir, { recursive: true, force: true });
      process.exit(0);
    });
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      watch: { type: "boolean" },
      dev: { type: "boolean" },
      port: { type: "string", default: "5173" },
      entry: { type: "string" },
    },
  });
  const [mode, folder] = positionals;
  if (mode === "serve") await serve(Number(values.port));
  else if (mode === "page" && folder)
    await esbuild.build(pageOptions(resolve(folder), { dev: Boolean(values.dev), reload: false, entry: values.entry }));
  else if (mode) throw new Error(`Unknown: ${positionals.join(" ")}. Use no word, "serve", or "page DIR".`);
  else if (values.watch) await watch(Boolean(values.dev));
  else await build(Boolean(values.dev));
}

main().catch((error) => {
  if (!error.errors) console.error(error.message); // esbuild has already printed its own
  process.exitCode = 1;
});
