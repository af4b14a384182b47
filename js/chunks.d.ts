/** The sha256 of each module in js/src/chunks/, by name: made by js/build.mjs. */
declare module "convend:chunks" {
  const digests: Readonly<Record<string, string>>;
  export default digests;
}
