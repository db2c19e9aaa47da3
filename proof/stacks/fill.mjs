// Runs the cases of `wgpu-weights-proof cases` on a GPUDevice: the crate's WGSL and parameters, no Rust.

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Fills, reads back and compares every case; yields {name, ok, bytes}. */
export async function* fillCases(device, { entry_point, kernels, cases }) {
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
  for (const { name, bytes, sha256: expected, dispatches } of cases) {
    const size = Math.ceil(bytes / 4) * 4;
    const output = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
    const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { kernel, params, offset, size, workgroups } of dispatches) {
      const data = bytesOf(params);
      const uniform = device.createBuffer({ size: data.length, usage: UNIFORM | COPY_DST });
      device.queue.writeBuffer(uniform, 0, data);
      const bind = (index, resource) => {
        const layout = pipeline(kernel).getBindGroupLayout(index);
        const entries = [{ binding: 0, resource }];
        pass.setBindGroup(index, device.createBindGroup({ layout, entries }));
      };
      pass.setPipeline(pipeline(kernel));
      bind(0, { buffer: uniform });
      bind(1, { buffer: output, offset, size });
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    encoder.copyBufferToBuffer(output, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const found = staging.getMappedRange().slice(0, bytes);
    staging.destroy();
    output.destroy();
    yield { name, ok: (await sha256(found)) === expected, bytes: found };
  }
}
