import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { defineConfig } from "vitest/config";

const TEXT = "\0css-text:";

const lazyChunks = (): Record<string, string> => {
  const names = readdirSync("js/src/chunks").flatMap((file) => (file.endsWith(".ts") ? [basename(file, ".ts")] : []));
  return Object.fromEntries(names.map((name) => [name, name]));
};

export default defineConfig({
  plugins: [
    {
      // As in js/build.mjs: a style sheet is imported as its text.
      name: "css-as-text",
      enforce: "pre",
      resolveId: (id, importer) =>
        id.endsWith(".css") && importer ? `${TEXT}${resolve(dirname(importer), id)}.js` : null,
      load: async (id) =>
        id.startsWith(TEXT)
          ? `export default ${JSON.stringify(await readFile(id.slice(TEXT.length, -".js".length), "utf8"))};`
          : null,
    },
    {
      // In js/build.mjs these are digests; here a chunk is known by its name, and tests bring it.
      name: "lazy-chunks",
      enforce: "pre",
      resolveId: (id) => (id === "convend:chunks" ? "\0convend:chunks" : null),
      load: (id) => (id === "\0convend:chunks" ? `export default ${JSON.stringify(lazyChunks())};` : null),
    },
  ],
  // As in js/build.mjs.
  resolve: {
    alias: {
      "linkify-it": resolve("js/src/core/linkify.ts"),
      mdurl: resolve("js/src/core/addresses.ts"),
      "punycode.js": resolve("js/src/core/addresses.ts"),
      "uc.micro": resolve("js/src/core/unicode.ts"),
    },
  },
  test: {
    server: { deps: { inline: ["markdown-it"] } }, // or else the aliases would not reach it
    environment: "jsdom",
    include: ["js/src/**/*.test.ts", "js/tests/**/*.test.ts"],
    testTimeout: 30_000, // a busy machine is no failure
    restoreMocks: true,
    unstubGlobals: true,
  },
});
