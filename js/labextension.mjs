// Lays out the prebuilt JupyterLab extension beside the panel, in ./labextension, as Lab's server expects it.
//
// There is no builder of Lab's in it: what Lab loads is one script that puts a container (`init`, `get`) into
// `_JUPYTERLAB`, and js/src/lab/container.ts is that container. Lab's own packages are taken from its share scope, so
// none of them is bundled, or even installed.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const place = join(root, "labextension");
const shared = join(root, "js", "src", "lab", "shared.ts");
const scenarios = join(root, "convend_widget", "model", "rehearsal", "scenarios");

/** The name that Lab knows it by: its folder, and the first half of every plugin's id. */
const NAME = "convend-widget";
export const lab = { source: "js/src/lab/container.ts", budget: 60_000 };

/** What Lab gives is looked up when the extension is run: see js/src/lab/shared.ts. */
const jupyter = {
  name: "jupyter",
  setup(build) {
    build.onResolve({ filter: /^@(jupyterlab|lumino)\// }, ({ path }) => ({ path, namespace: "jupyter" }));
    build.onLoad({ filter: /.*/, namespace: "jupyter" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(shared)}).shared(${JSON.stringify(path)});`,
      resolveDir: root,
    }));
    build.onResolve({ filter: /^convend:scenarios$/ }, ({ path }) => ({ path, namespace: "scenarios" }));
    build.onLoad({ filter: /.*/, namespace: "scenarios" }, async () => {
      const names = (await readFile(join(scenarios, "order.txt"), "utf8")).trim().split(/\s+/);
      const texts = await Promise.all(names.map((name) => readFile(join(scenarios, `${name}.toml`), "utf8")));
      const titles = texts.map((text) => JSON.parse(/^title = (".*")$/m.exec(text)[1]));
      return { contents: JSON.stringify(names.map((name, at) => ({ name, title: titles[at] }))), loader: "json" };
    });
  },
};

export function labOptions(base) {
  return {
    ...base,
    entryPoints: [lab.source],
    format: "iife",
    write: false,
    metafile: true,
    plugins: [...base.plugins, jupyter],
  };
}

/** Writes beside the place and renames, so that a server never reads half a file. */
async function put(path, content) {
  const partial = `${path}.partial`;
  await writeFile(partial, content);
  await rename(partial, path);
}

/** Takes the script and the folder of the panel's built files, which are served to pages without a kernel too. */
export async function layOut(script, panel, manifest) {
  const statics = join(place, "static");
  const schemas = join(place, "schemas", NAME);
  await Promise.all([statics, schemas].map((folder) => mkdir(folder, { recursive: true })));
  const { version, description, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const entry = `remoteEntry.${createHash("sha256").update(script).digest("hex").slice(0, 12)}.js`;
  const about = {
    name: NAME,
    version,
    description,
    license,
    dependencies: { "@jupyterlab/application": "^4.0.0" }, // what `jupyter labextension list` compares Lab with
    jupyterlab: {
      extension: true,
      schemaDir: "schemas",
      _build: { load: `static/${entry}`, extension: "./extension" },
    },
  };
  const installed = { packageManager: "python", packageName: NAME, uninstallInstructions: `pip uninstall ${NAME}` };
  const asJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
  const parts = Object.values(manifest).map(({ file }) => file);
  await Promise.all(parts.map((file) => copyFile(join(panel, file), join(statics, file))));
  await put(join(statics, "manifest.json"), asJson(manifest));
  await put(join(statics, entry), script);
  await put(join(place, "install.json"), asJson(installed));
  for (const name of await readdir(join(root, "js", "src", "lab", "schema")))
    await copyFile(join(root, "js", "src", "lab", "schema", name), join(schemas, name));
  await put(join(schemas, "package.json.orig"), asJson(about)); // where Lab's server looks for the schema's version
  await put(join(place, "package.json"), asJson(about)); // last: it names files that are there by now
  const kept = new Set([entry, "manifest.json", ...parts]);
  for (const name of await readdir(statics)) if (!kept.has(name)) await rm(join(statics, name));
  return join("labextension", "static", entry);
}
