// Runs the cases of `wgpu-weights-proof cases` on a GPUDevice: the crate's WGSL and parameters, no Rust.

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A device with the buffers that its adapter has. */
export async function open(adapter) {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  const device = await adapter.requestDevice({ requiredLimits });
  device.addEventListener?.("uncapturederror", ({ error }) => console.error(error.message));
  return device;
}

/** Fills, reads back and digests cases, one after another: yields {one, ok, digest, bytes}. */
export async function* fillCases(device, { entry_point, params, output, source, kernels }, cases) {
  const pipelines = new Map();
  const pipeline = (label) => {
    if (!pipelines.has(label)) {
      const module = device.createShaderModule({ label, code: kernels[label] });
      const compute = { module, entryPoint: entry_point };
      pipelines.set(label, device.createComputePipeline({ label, layout: "auto", compute }));
    }
    return pipelines.get(label);
  };
  const { STORAGE, COPY_SRC, COPY_DST, UNIFORM, MAP_READ } = GPUBufferUsage;
  for (const one of cases) {
    const size = Math.ceil(one.bytes / 4) * 4;
    const filled = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
    const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    const uniforms = [];
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { kernel, params: hex, offset, size, workgroups, given } of one.dispatches) {
      const uniform = device.createBuffer({ size: params.size, usage: UNIFORM | COPY_DST });
      uniforms.push(uniform);
      device.queue.writeBuffer(uniform, 0, bytesOf(hex));
      const bind = ({ group, binding }, resource) => {
        const layout = pipeline(kernel).getBindGroupLayout(group);
        const entries = [{ binding, resource }];
        pass.setBindGroup(group, device.createBindGroup({ layout, entries }));
      };
      pass.setPipeline(pipeline(kernel));
      bind(params, { buffer: uniform });
      bind(output, { buffer: filled, offset, size });
      // What the host made, to be copied.
      if (given) {
        const bytes = bytesOf(given);
        const buffer = device.createBuffer({ size: bytes.length, usage: STORAGE | COPY_DST });
        uniforms.push(buffer);
        device.queue.writeBuffer(buffer, 0, bytes);
        bind(source, { buffer });
      }
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    encoder.copyBufferToBuffer(filled, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange().slice(0, one.bytes);
    for (const buffer of [filled, staging, ...uniforms]) buffer.destroy();
    const digest = await sha256(bytes);
    yield { one, ok: digest === one.sha256, digest, bytes };
  }
}

/** Counts what `fillCases` yields. */
export class Tally {
  asked = 0;
  answered = 0;
  values = 0;
  differing = [];

  add({ one, ok }) {
    if (one.known) this.asked += 1;
    if (one.known && ok) this.answered += 1;
    if (!one.known) this.values += one.values;
    if (!ok) this.differing.push(one.name);
  }

  get exact() {
    return this.differing.length === 0 && this.asked > 0;
  }

  /** The end of a row of the README's table. */
  get row() {
    const cases = this.differing.length - (this.asked - this.answered);
    const differences = cases === 0 ? "0" : `in ${cases} buffers`;
    return `${this.answered} of ${this.asked} | ${this.values} | ${differences}`;
  }
}
