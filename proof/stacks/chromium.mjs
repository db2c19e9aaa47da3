// The page in a headless Chromium: `node proof/stacks/chromium.mjs cases.json [OPTION OF CHROMIUM]..`;
// CHROMIUM names another program than `chromium`.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "./serve.mjs";

const [cases, ...options] = process.argv.slice(2);
const program = process.env.CHROMIUM ?? "chromium";
const version = execFileSync(program, ["--version"], { encoding: "utf8", stdio: "pipe" });
const profile = mkdtempSync(join(tmpdir(), "wgpu-weights-"));
const page = await serve(cases);
const browser = spawn(
  program,
  [
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--disable-background-networking",
    `--user-data-dir=${profile}`,
    ...options,
    page.url,
  ],
  { stdio: "ignore" },
);
const ended = new Promise((end) => browser.on("close", end));
const gone = ended.then((code) => ({ error: `Chromium ended (${code})` }));
const late = new Promise((tell) => setTimeout(tell, 1_800_000, { error: "no outcome in 30 minutes" }));
const outcome = await Promise.race([page.outcome, gone, late]);
browser.kill();
await ended;
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
if (outcome.error) {
  console.error(outcome.error);
  process.exit(2);
}
for (const name of outcome.differing) console.error(`differs: ${name}`);
const [short] = version.split(" built");
console.log(`Chromium | ${short.trim()}, ${outcome.adapter} | ${outcome.row}`);
process.exit(outcome.exact ? 0 : 1);
