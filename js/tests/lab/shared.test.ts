import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chosen, fetchShared, isOlder, shared, WANTED } from "../../src/lab/shared";

const module = (exports: unknown, loaded?: number) => ({ get: async () => () => exports, loaded });

test("of several versions the one that runs is taken, else the newest", async () => {
  const [old, newer] = [module("old"), module("newer")];
  expect(chosen({ "4.9.0": old, "4.10.0-beta.1": newer })).toBe(newer);
  const running = module("running", 1);
  expect(chosen({ "4.10.0": newer, "4.2.7": running })).toBe(running);
  expect(chosen({})).toBeUndefined();
  expect([isOlder("4.9.1", "4.10.0"), isOlder("5.0.0", "4.10.0"), isOlder("4.0.0", "4.0.0")]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a package that the host does not have is empty, and one that was not asked for is an error", async () => {
  await fetchShared({ "@lumino/widgets": { "2.0.0": module({ Widget: 1 }) } });
  expect(shared("@lumino/widgets")).toEqual({ Widget: 1 });
  expect(shared("@jupyterlab/rendermime")).toEqual({});
  expect(() => shared("@jupyterlab/terminal")).toThrow("@jupyterlab/terminal is not in the list");
});

test("the list has every package that the sources import, and no other", () => {
  const folder = "js/src/lab";
  const sources = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
  const imported = sources.flatMap((file) =>
    [...readFileSync(`${folder}/${file}`, "utf8").matchAll(/^(?:import (?!type)|\} from )[^;]*?"(@[^"]+)";/gm)].map(
      (found) => found[1],
    ),
  );
  expect([...new Set(imported)].sort()).toEqual([...WANTED].sort());
});
