// Dawn and Tint without a browser: `npm ci` here, then
// `node proof/stacks/dawn.mjs cases.json [backend=vulkan] [adapter=NAME]`.
import { readFileSync } from "node:fs";
import { create, globals } from "webgpu";
import { Tally, fillCases, open } from "./fill.mjs";

Object.assign(globalThis, globals);
const [path, ...options] = process.argv.slice(2);
// Kept: Dawn's instance is gone with it, whatever devices there are.
globalThis.gpu = create(options);
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error("Dawn takes no adapter");
const device = await open(adapter);
const document = JSON.parse(readFileSync(path, "utf8"));
const tally = new Tally();
for await (const result of fillCases(device, document, document.cases)) {
  tally.add(result);
  if (!result.ok) console.error(`differs: ${result.one.name}`);
}
const root = new URL("node_modules/webgpu/package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(root, "utf8"));
console.log(`Dawn | webgpu ${version} (npm), ${adapter.info.description} | ${tally.row}`);
process.exit(tally.exact ? 0 : 1);
