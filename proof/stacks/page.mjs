// Draws one known answer, shows it, then runs all cases and tells the server.
import { Tally, fillCases, open } from "./fill.mjs";

const show = (id, text, kind = "") => {
  const element = document.getElementById(id);
  element.textContent = text;
  element.className = kind;
};

const WIDTH = 4.5;
const BARS = 128;

/** Counts of values in equal bars of [-WIDTH, WIDTH), and the density of the normal over them. */
function histogram(values) {
  const counts = new Array(BARS).fill(0);
  for (const value of values) {
    const bar = Math.floor(((value + WIDTH) / (2 * WIDTH)) * BARS);
    if (bar >= 0 && bar < BARS) counts[bar] += 1;
  }
  const canvas = document.getElementById("histogram");
  const context = canvas.getContext("2d");
  const [width, height, foot] = [canvas.width, canvas.height, 36];
  const scale = (2 * WIDTH * values.length) / BARS;
  const up = (density) => height - foot - density * 2.3 * (height - foot);
  context.clearRect(0, 0, width, height);
  context.fillStyle = "#8fb5dd";
  const step = width / BARS;
  counts.forEach((count, bar) => {
    const top = up(count / scale);
    context.fillRect(bar * step + 0.5, top, step - 1, height - foot - top);
  });
  context.strokeStyle = "#222";
  context.lineWidth = 2;
  context.beginPath();
  for (let x = 0; x <= width; x += 2) {
    const z = (x / width) * 2 * WIDTH - WIDTH;
    context.lineTo(x, up(Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)));
  }
  context.stroke();
  context.fillStyle = "#444";
  context.font = "22px system-ui, sans-serif";
  context.textAlign = "center";
  for (let z = -4; z <= 4; z += 1) {
    context.fillText(String(z).replace("-", "−"), ((z + WIDTH) / (2 * WIDTH)) * width, height - 10);
  }
}

async function run() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("this browser offers no WebGPU adapter");
  const { vendor, architecture, description } = adapter.info;
  const name = description || `${vendor} ${architecture}`.trim() || "(nameless)";
  show("adapter", name);
  const device = await open(adapter);
  const all = await (await fetch("cases.json")).json();

  const shown = all.cases.find((one) => one.name.startsWith("normal 0 1 F32"));
  for await (const { one, ok, digest, bytes } of fillCases(device, all, [shown])) {
    const values = new Float32Array(bytes);
    show("drawn", `${values.length.toLocaleString("en")} normal values and their density (${one.name})`);
    show("digest", digest, ok ? "yes" : "no");
    show("expected", one.sha256);
    histogram(values);
  }

  const tally = new Tally();
  for await (const result of fillCases(device, all, all.cases)) {
    tally.add(result);
    show("answers", `${tally.answered} of ${tally.asked} agree`);
    show("values", `${tally.values.toLocaleString("en")} compared`);
    show("verdict", `${tally.differing.length} buffers differ so far`);
  }
  const verdict = tally.exact ? "the same, bit for bit" : `not the same: ${tally.differing.join("; ")}`;
  show("verdict", verdict, tally.exact ? "yes" : "no");
  const { row, exact, differing } = tally;
  return { adapter: name, row, exact, differing };
}

const outcome = await run().catch((error) => {
  show("verdict", error.message, "no");
  return { error: error.message };
});
await fetch("outcome", { method: "POST", body: JSON.stringify(outcome) });
