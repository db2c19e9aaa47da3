// Dawn and Tint without a browser: `npm install webgpu`, then
// `node proof/stacks/dawn.mjs cases.json [backend=vulkan] [adapter=NAME]`.
import { readFileSync } from "node:fs";
import { create, globals } from "webgpu";
import { fillCases } from "./fill.mjs";

Object.assign(globalThis, globals);
const [path, ...options] = process.argv.slice(2);
// Kept: Dawn's instance is gone with it, whatever devices there are.
globalThis.gpu = create(options);
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error("Dawn finds no adapter");
const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
const device = await adapter.requestDevice({ requiredLimits });
device.addEventListener?.("uncapturederror", ({ error }) => console.error(error.message));
console.log(`Dawn: ${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`);
let wrong = 0;
let cases = 0;
for await (const { name, ok } of fillCases(device, JSON.parse(readFileSync(path, "utf8")))) {
  cases += 1;
  if (!ok) {
    wrong += 1;
    console.log(`DIFFERS: ${name}`);
  }
}
console.log(`${cases - wrong} passed, ${wrong} failed`);
process.exit(wrong === 0 ? 0 : 1);
