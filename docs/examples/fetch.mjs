// Submits a task and follows its event stream with fetch. Runs in browsers, Node 18 or later, Deno and Bun.
//   PLENUM_URL=http://127.0.0.1:8080 node docs/examples/fetch.mjs "What is a plenum?"
// Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Not crypto.randomUUID, which http pages of other hosts than localhost and Node 18 do not have.
async function randomKey() {
  const source = globalThis.crypto ?? (await import('node:crypto')).webcrypto;
  return Array.from(source.getRandomValues(new Uint32Array(4)), (word) => word.toString(16)).join('-');
}

// Returns the response body of an accepted task.
async function submit(server, task) {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': await randomKey() };
  for (let attempt = 1; ; ++attempt) {
    let wait = 1000;
    try {
      const response = await fetch(`${server}/api/stream/task`, {
        method: 'POST',
        headers, // all attempts have the same key: if only the response was lost, the task does not run twice
        body: JSON.stringify({ task }),
      });
      if (response.ok) return await response.json();
      const problem = await response.text();
      if (response.status < 500 && response.status !== 429) throw Object.assign(new Error(problem), { final: true });
      wait = 1000 * (response.headers.get('Retry-After') ?? 1);
    } catch (error) {
      if (error.final || attempt === 5) throw error;
    }
    await sleep(wait);
  }
}

// Calls onDelta(text) while the answer is written and resolves with the terminal event.
export async function ask(server, task, onDelta) {
  const accepted = await submit(server, task);
  let cursor = '', retry = 2000;
  while (true) {
    const connection = new AbortController();
    let watchdog;
    const alive = () => { // a live connection has at least a heartbeat in this time
      clearTimeout(watchdog);
      watchdog = setTimeout(() => connection.abort(), 3000 * accepted.heartbeat_s);
    };
    try {
      alive();
      const headers = cursor ? { 'Last-Event-ID': cursor } : {};
      const response = await fetch(server + accepted.events_url, { headers, signal: connection.signal });
      if (response.status >= 400 && response.status < 500) { // unknown or deleted stream
        throw Object.assign(new Error(await response.text()), { final: true });
      }
      const reader = response.ok ? response.body.getReader() : { read: () => ({ done: true }) };
      const decoder = new TextDecoder();
      let buffered = '';
      for (let part; (part = await reader.read()), !part.done;) {
        alive();
        const frames = (buffered + decoder.decode(part.value, { stream: true })).split('\n\n');
        buffered = frames.pop(); // incomplete; dropped if the connection ends here
        for (const frame of frames) {
          const fields = Object.fromEntries(frame.split('\n').map((line) => line.split(/: (.*)/s)));
          if (fields.retry) retry = Number(fields.retry);
          if (fields.id) cursor = fields.id;
          if (!fields.data) continue;
          const event = JSON.parse(fields.data);
          if (event.type === 'token_stream') onDelta(event.tokens);
          if (event.code === 'gap') onDelta(`[events ${event.from} to ${event.to} are gone]\n`);
          if (event.type === 'snapshot') onDelta(event.chunks.map((chunk) => chunk.text).join('')); // follows a gap
          if (event.terminal) return event;
        }
      }
    } catch (error) {
      if (error.final) throw error;
    } finally {
      clearTimeout(watchdog);
      connection.abort();
    }
    await sleep(retry);
  }
}

if (globalThis.process?.argv[1]?.endsWith('fetch.mjs')) {
  const server = process.env.PLENUM_URL ?? 'http://127.0.0.1:8080';
  const end = await ask(server, process.argv[2], (text) => process.stderr.write(text));
  console.log(end.result?.answer ?? '');
  if (end.error) console.error(`\n${end.error.message}`);
  process.exitCode = end.type === 'task_completed' ? 0 : 1;
}
