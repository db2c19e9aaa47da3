// The form, the verdict and the pictures; what is drawn and compared is the Rust's.
import init, { Gpu, Tensor, initialisers } from "./wgpu_weights_browser.js";

const $ = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const rest = () => new Promise((go) => setTimeout(go));

function say(state, text) {
  $("verdict").dataset.state = state;
  $("verdict").textContent = text;
}

/** Inputs for the arguments of the chosen initialiser, empty where its default stands. */
function offer(chosen) {
  $("about").textContent = chosen.about;
  $("dtype").disabled = chosen.name === "bits";
  $("arguments").replaceChildren(
    ...chosen.arguments.map(({ key, help, default: standard, choices }) => {
      const field = document.createElement("div");
      field.className = "field";
      const label = document.createElement("label");
      const input = document.createElement(choices.length ? "select" : "input");
      input.id = input.name = `arg.${key}`;
      input.append(...choices.map((name) => new Option(name, name)));
      input.value = standard;
      input.dataset.standard = standard;
      label.htmlFor = input.id;
      label.textContent = key;
      const note = document.createElement("small");
      note.id = `${input.id}.help`;
      note.textContent = help;
      input.setAttribute("aria-describedby", note.id);
      field.append(label, input, note);
      return field;
    }),
  );
}

/** The tensor that the form asks for. */
function asked() {
  const shape = $("shape").value.split(/[\s,x×]+/).filter(Boolean);
  if (!shape.every((size) => /^\d{1,18}$/.test(size))) {
    throw new Error(`the shape is “${$("shape").value}”; it must be whole numbers, as in 768, 3072`);
  }
  if (!/^\s*\d+\s*$/.test($("seed").value)) {
    throw new Error(`the seed is “${$("seed").value}”; it must be a whole number, zero or more`);
  }
  const seed = BigInt($("seed").value);
  if (seed >= 1n << 64n) throw new Error(`the seed is ${seed}; it must be below 2^64`);
  const given = [...$("arguments").querySelectorAll("input, select")]
    .filter((input) => input.value.trim() !== input.dataset.standard)
    .flatMap((input) => [input.name.slice("arg.".length), input.value.trim()]);
  const sizes = BigUint64Array.from(shape, BigInt);
  const tensor = new Tensor($("init").value, given, sizes, $("dtype").value, seed, $("name").value);
  return { tensor, shape: shape.map(Number) };
}

/** The twin's verdict, in pieces with rests between them: the page stays awake. */
async function compare(tensor, bytes, counts) {
  const piece = Tensor.piece();
  const size = tensor.size();
  let differing = 0;
  let first = -1;
  let twin = 0;
  for (let from = 0; from < tensor.count(); from += piece) {
    const some = bytes.subarray(from * size, (from + piece) * size);
    const began = performance.now();
    const [differ, at] = tensor.compare(from, some);
    twin += performance.now() - began;
    tensor.count_into(some, counts);
    differing += differ;
    if (first < 0) first = at;
    say("busy", `The CPU draws the same: ${Math.floor((100 * from) / tensor.count())} %`);
    await rest();
  }
  return { differing, first, twin };
}

/** A canvas of as many dots as it takes on this screen, in the page's colours. */
function sheet(id) {
  const canvas = $(id);
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  return { canvas, context, width, height, colour: (name) => style.getPropertyValue(`--${name}`) };
}

function histogram({ tensor, counts }) {
  const { canvas, context, width, height, colour } = sheet("histogram");
  const [low, high] = tensor.range();
  const [foot, head, side] = [24, 10, 8];
  const across = (x) => side + ((x - low) / (high - low)) * (width - 2 * side);
  const bar = (high - low) / counts.length;
  const places = Float64Array.from({ length: 481 }, (_, it) => low + ((high - low) * it) / 480);
  const densities = tensor.density(places);
  const heights = Array.from(counts, (count) => count / (tensor.count() * bar));
  const most = Math.max(...heights, ...densities);
  const up = (density) => height - foot - (density / most) * (height - foot - head);
  context.fillStyle = colour("bar");
  heights.forEach((it, index) => {
    const left = across(low + index * bar);
    context.fillRect(left, up(it), across(low + (index + 1) * bar) - left - 0.5, height - foot - up(it));
  });
  context.strokeStyle = colour("line");
  context.lineWidth = 2;
  context.beginPath();
  densities.forEach((it, index) => context.lineTo(across(places[index]), up(it)));
  context.stroke();
  context.fillStyle = context.strokeStyle = colour("faint");
  context.font = "12px system-ui, sans-serif";
  for (const [part, align] of [[0, "left"], [0.25, "center"], [0.5, "center"], [0.75, "center"], [1, "right"]]) {
    const value = low + (high - low) * part;
    context.textAlign = align;
    context.fillText(String(Number(value.toPrecision(3))).replace("-", "−"), across(value), height - 7);
  }
  canvas.setAttribute("aria-label", `Histogram of ${number(tensor.count())} values: ${tensor.law()}`);
}

function map({ tensor, bytes, shape }) {
  const across = shape.at(-1) ?? 1;
  const down = tensor.count() / across;
  const [columns, rows] = [Math.min(across, 160), Math.min(down, 100)];
  const [low, high] = tensor.range();
  const dots = new ImageData(columns, rows);
  const size = tensor.size();
  for (let row = 0; row < rows; row += 1) {
    const begin = row * across * size;
    const values = tensor.values(bytes.subarray(begin, begin + columns * size));
    values.forEach((value, column) => {
      const part = Math.min(1, Math.max(0, (value - low) / (high - low))) * 2 - 1;
      const [end, far] = [part < 0 ? [33, 102, 172] : [178, 60, 20], Math.abs(part) ** 0.7];
      dots.data.set([...end.map((it) => 246 + (it - 246) * far), 255], 4 * (row * columns + column));
    });
  }
  $("map").width = columns;
  $("map").height = rows;
  $("map").getContext("2d").putImageData(dots, 0, 0);
  const all = columns === across && rows === down;
  const which = all ? `All ${rows} × ${columns} elements` : `The first ${rows} rows and ${columns} columns of ${number(down)} × ${number(across)}`;
  $("corner").textContent = `${which}; blue is low, red is high.`;
  $("map").setAttribute("aria-label", $("corner").textContent);
}

let gpu;
let shown;

function pictures() {
  if (!shown) return;
  histogram(shown);
  map(shown);
}

async function draw() {
  const { tensor, shape } = asked();
  say("busy", "The GPU draws…");
  await rest();
  const began = performance.now();
  const bytes = await gpu.draw(tensor);
  const drawn = performance.now() - began;
  if ($("flip").checked) bytes[bytes.length >> 1] ^= 1;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const counts = new Float64Array(Tensor.bars());
  const { differing, first, twin } = await compare(tensor, bytes, counts);

  const size = tensor.size();
  const few = Math.min(3, tensor.count());
  const element = (at) => tensor.text(bytes.subarray(at * size, (at + 1) * size));
  $("law").textContent = tensor.law();
  $("compared").textContent = `${number(bytes.length)} bytes, ${number(differing)} differ`;
  $("time").textContent = `GPU, with compiling and readback: ${drawn.toFixed(1)} ms; CPU twin: ${twin.toFixed(1)} ms`;
  $("first").textContent = Array.from({ length: few }, (_, at) => element(at)).join(", ");
  $("digest").textContent = Array.from(digest, (it) => it.toString(16).padStart(2, "0")).join("");
  $("result").hidden = false;
  shown?.tensor.free();
  shown = { tensor, bytes, shape, counts };
  pictures();
  if (differing === 0) {
    say("same", "Your GPU makes these very bits.");
  } else {
    const at = Math.floor(first / size);
    say("different", `Your GPU makes other bits: ${number(differing)} ${differing === 1 ? "byte differs" : "bytes differ"}. The first is in element ${at}: GPU ${element(at)}, CPU ${tensor.twin_of(at)}.`);
  }
}

/** Runs it with the button off, and shows what went wrong. */
async function run() {
  $("draw").disabled = true;
  try {
    await draw();
  } catch (error) {
    $("result").hidden = true;
    say("error", error.message ?? String(error));
  } finally {
    $("draw").disabled = false;
  }
}

/** The adapter in the browser's words. */
async function adapterName() {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new Error("This browser has WebGPU, but offers no GPU: it may be switched off in its settings, or the driver may be on its list of broken ones.");
  }
  const { description, vendor, architecture } = adapter.info ?? {};
  return description || [vendor, architecture].filter(Boolean).join(" ") || "(the browser does not name it)";
}

async function start() {
  if (!navigator.gpu) {
    throw new Error(
      window.isSecureContext
        ? "This browser has no WebGPU. Chrome, Edge, Safari 26 and Firefox have it on most systems, in a current version."
        : "Browsers offer WebGPU to https and to localhost alone: open this page from one of them.",
    );
  }
  await init();
  const table = JSON.parse(initialisers());
  $("most").textContent = `At most ${number(table.most)} elements.`;
  const find = () => table.initialisers.find((it) => it.name === $("init").value);
  $("init").append(...table.initialisers.map((it) => new Option(it.name, it.name)));
  $("init").addEventListener("change", () => offer(find()));
  // An address may carry the form: `?init=uniform&arg.low=-1&shape=64,64&seed=7`.
  const wanted = new URLSearchParams(location.search);
  if (wanted.has("init")) $("init").value = wanted.get("init");
  if (!find()) throw new Error(`There is no initialiser “${wanted.get("init")}”.`);
  offer(find());
  for (const [key, value] of wanted) {
    const input = $("form").elements.namedItem(key);
    if (input?.type === "checkbox") input.checked = value !== "0";
    else if (input) input.value = value;
    // What was asked for must be seen.
    if (input?.closest("details")) input.closest("details").open = true;
  }
  $("adapter").textContent = await adapterName();
  gpu = await Gpu.open();
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  let later;
  addEventListener("resize", () => {
    clearTimeout(later);
    later = setTimeout(pictures, 100);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", pictures);
  await run();
}

start().catch((error) => say("error", error.message ?? String(error)));
