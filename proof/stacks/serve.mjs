// Serves the page to any browser on this machine: `node proof/stacks/serve.mjs cases.json`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const TYPES = { html: "text/html; charset=utf-8", mjs: "text/javascript", json: "application/json" };

/** The page's address, and a promise of the outcome that it posts. */
export async function serve(cases) {
  const files = {
    "/": new URL("page.html", import.meta.url),
    "/page.mjs": new URL("page.mjs", import.meta.url),
    "/fill.mjs": new URL("fill.mjs", import.meta.url),
    "/cases.json": cases,
  };
  let tell;
  const outcome = new Promise((resolve) => (tell = resolve));
  const server = createServer(async (request, response) => {
    if (request.method === "POST" && request.url === "/outcome") {
      let text = "";
      for await (const piece of request) text += piece;
      response.end();
      tell(JSON.parse(text));
      return;
    }
    const file = files[request.url];
    if (!file) return response.writeHead(404).end();
    const type = TYPES[String(file).split(".").pop()];
    response.writeHead(200, { "Content-Type": type }).end(readFileSync(file));
  });
  // WebGPU wants a secure context: localhost is one.
  await new Promise((ready) => server.listen(0, "localhost", ready));
  const url = `http://localhost:${server.address().port}/`;
  return { url, outcome, close: () => server.close() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serve(process.argv[2]);
  console.log(`${url} (end with Ctrl+C)`);
}
