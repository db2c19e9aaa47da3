// `node check.mjs SITE SHOTS [--row]`: the page in a headless Chromium, on its software GPU. CHROMIUM names another program.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

const [site, shots, row] = process.argv.slice(2);
const log = row === "--row" ? console.error : console.log;
const TYPES = { ".html": "text/html", ".css": "text/css", ".wasm": "application/wasm" };
const FILES = ["index.html", "page.css", "page.mjs", "wgpu_weights_browser.js", "wgpu_weights_browser_bg.wasm"];
const server = createServer((request, response) => {
  const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
  if (!FILES.includes(name)) return response.writeHead(404).end();
  const type = TYPES[extname(name)] ?? "text/javascript";
  response.writeHead(200, { "Content-Type": type }).end(readFileSync(join(site, name)));
});
await new Promise((ready) => server.listen(0, "localhost", ready));
const home = `http://localhost:${server.address().port}/`;

/** A Chromium that is spoken to through a pipe. */
function chromium(options) {
  const profile = mkdtempSync(join(tmpdir(), "wgpu-weights-"));
  const child = spawn(
    process.env.CHROMIUM ?? "chromium",
    ["--headless=new", "--no-sandbox", "--disable-background-networking", "--remote-debugging-pipe", `--user-data-dir=${profile}`, ...options, "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const waiting = new Map();
  let [last, text] = [0, ""];
  child.stdio[4].setEncoding("utf8").on("data", (piece) => {
    text += piece;
    for (let end; (end = text.indexOf("\0")) >= 0; text = text.slice(end + 1)) {
      const message = JSON.parse(text.slice(0, end));
      waiting.get(message.id)?.(message);
    }
  });
  let sessionId;
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
      child.stdio[3].write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  const ended = new Promise((end) => child.on("close", end));
  return {
    send,
    async attach() {
      const { targetInfos } = await send("Target.getTargets");
      const { targetId } = targetInfos.find((it) => it.type === "page");
      ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
    },
    async close() {
      child.kill();
      await ended;
      // Processes of Chromium's outlive it for a moment, and write; a folder that stays is no failure of the page.
      for (let tries = 0; tries < 25; tries += 1) {
        try {
          return rmSync(profile, { recursive: true, force: true });
        } catch {
          await new Promise((go) => setTimeout(go, 200));
        }
      }
      console.error(`left behind: ${profile}`);
    },
  };
}

const LOOK = `(() => {
  const text = (id) => document.getElementById(id)?.textContent;
  return { href: location.href, state: document.getElementById("verdict")?.dataset.state, verdict: text("verdict"), compared: text("compared"),
    adapter: text("adapter"), digest: text("digest"), first: text("first"), time: text("time"), law: text("law"),
    wide: document.documentElement.scrollWidth > innerWidth };
})()`;

/** What the page says once it has a verdict. */
async function verdict(browser, query) {
  await browser.send("Page.navigate", { url: home + query });
  for (let tries = 0; tries < 600; tries += 1) {
    const { result } = await browser.send("Runtime.evaluate", { expression: LOOK, returnByValue: true });
    const said = result.value;
    if (said?.href === home + query && ["same", "different", "error"].includes(said.state)) return said;
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error(`no verdict in a minute: ${query}`);
}

let failures = 0;
let bytes = 0;
let values = 0;
let adapter = "";
let differing = 0;
function hold(right, query, said) {
  if (!right) failures += 1;
  log(`${right ? "ok  " : "FAIL"} ${query || "(as it opens)"}: ${said.verdict} ${said.compared ?? ""} ${said.wide ? "wider than the screen" : ""}`);
}

const EQUAL = [
  "",
  "?init=normal&arg.std=0.02&shape=1000,1000&seed=18446744073709551615",
  "?init=uniform&arg.low=-1&shape=1001,999&seed=7",
  "?init=truncated_normal&arg.std=0.5&arg.low=-1&arg.high=0.7&shape=777,1024",
  "?init=xavier_uniform&dtype=BF16&shape=512,1024",
  "?init=kaiming_uniform&dtype=F16&arg.convention=torch&shape=64,32,3,3",
  "?init=normal&dtype=F8_E4M3&shape=1023,17",
  "?init=normal&dtype=F8_E5M2&shape=5",
  "?init=constant&arg.value=0.1&shape=33",
  "?init=bits&shape=4096,4096&name=",
];
// What the README's example prints, of the very weight that the page opens with.
const KNOWN = ["-0.020465584", "0.009865268", "0.01243502"];

const version = execFileSync(process.env.CHROMIUM ?? "chromium", ["--version"], { encoding: "utf8" }).match(/[A-Za-z]+ [\d.]+/)?.[0];
const options = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const browser = chromium(options);
try {
  await browser.attach();
  mkdirSync(shots, { recursive: true });
  for (const query of EQUAL) {
    const said = await verdict(browser, query);
    const [some, others] = said.compared.split(" bytes, ").map((it) => Number.parseInt(it.replaceAll(",", ""), 10));
    bytes += some || 0;
    values += (some || 0) / (query.includes("dtype=F8") ? 1 : query.includes("F16") ? 2 : 4);
    adapter = said.adapter;
    differing += others || 0;
    const known = query !== "" || KNOWN.every((it) => said.first.includes(it));
    hold(said.state === "same" && others === 0 && some > 0 && known, query, said);
    if (query === "") log(`     ${said.adapter}; ${said.time}; ${said.digest}`);
  }
  const flipped = await verdict(browser, "?init=normal&shape=512,512&flip=1");
  hold(flipped.state === "different" && / 1 differ$/.test(flipped.compared), "a planted wrong bit", flipped);
  for (const query of ["?shape=5000,5000", "?shape=12,a", "?init=uniform&arg.low=2", "?seed=18446744073709551616", "?shape=0"]) {
    const said = await verdict(browser, query);
    hold(said.state === "error", query, said);
  }
  await verdict(browser, "?init=truncated_normal&arg.std=0.5&arg.low=-1&arg.high=0.7&shape=777,1024&flip=1");
  const whole = await browser.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
  writeFileSync(join(shots, "flipped.png"), Buffer.from(whole.data, "base64"));
  for (const [width, height, scheme] of [[1200, 1000, "light"], [390, 1500, "dark"], [360, 1500, "light"]]) {
    await browser.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    const said = await verdict(browser, "");
    hold(said.state === "same" && !said.wide, `at ${width} pixels, ${scheme}`, said);
    const { data } = await browser.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(join(shots, `${width}.png`), Buffer.from(data, "base64"));
  }
} finally {
  await browser.close();
}

const without = chromium(["--disable-features=WebGPU", "--disable-blink-features=WebGPU", "--disable-gpu"]);
try {
  await without.attach();
  const said = await verdict(without, "");
  hold(said.state === "error" && /offers no GPU|has no WebGPU/.test(said.verdict), "without a GPU", said);
} finally {
  await without.close();
}
server.close();
log(`${bytes.toLocaleString("en")} bytes compared, ${differing} differ; ${failures} failures`);
if (row === "--row") console.log(`the crate | ${version}, ${adapter} | | ${values} | ${differing}`);
process.exit(failures ? 1 : 0);
