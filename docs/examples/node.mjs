// Submits a task and follows its event stream with node:http, without dependencies.
//   PLENUM_URL=http://127.0.0.1:8080 node docs/examples/node.mjs "What is a plenum?"
// Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

const server = process.env.PLENUM_URL ?? 'http://127.0.0.1:8080';
class Refused extends Error {} // a 4xx response: repeating the request cannot help

// Resolves with the response once its head has arrived. A request without a byte for timeout_ms fails.
function send(method, path, headers, body, timeout_ms) {
  return new Promise((resolve, reject) => {
    const library = server.startsWith('https:') ? https : http;
    const request = library.request(server + path, { method, headers, timeout: timeout_ms }, resolve);
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', reject);
    request.end(body);
  });
}

async function text(response) {
  response.setEncoding('utf8'); // joins characters that are split between two reads
  let whole = '';
  for await (const part of response) whole += part;
  if (response.statusCode >= 400 && response.statusCode < 500 && response.statusCode !== 429) throw new Refused(whole);
  return whole;
}

async function submit(task) {
  const body = JSON.stringify({ task });
  // All attempts have the same key: if only the response was lost, the task does not run twice.
  const headers = {
    'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), 'Idempotency-Key': randomUUID(),
  };
  for (let attempt = 1; ; ++attempt) {
    let wait_ms = 1000;
    try {
      const response = await send('POST', '/api/stream/task', headers, body, 30_000);
      const reply = await text(response);
      if (response.statusCode < 300) return JSON.parse(reply);
      wait_ms = 1000 * (response.headers['retry-after'] ?? 1);
    } catch (error) {
      if (error instanceof Refused || attempt === 5) throw error;
    }
    await sleep(wait_ms);
  }
}

// Yields every event exactly once, over as many connections as it takes; the last one is terminal.
async function* follow({ events_url, heartbeat_s }) {
  let cursor, retry_ms = 2000;
  while (true) {
    try {
      const headers = cursor ? { 'Last-Event-ID': cursor } : {};
      // A live connection has at least a heartbeat within the timeout.
      const response = await send('GET', events_url, headers, undefined, 3000 * heartbeat_s);
      if (response.statusCode !== 200) await text(response);
      response.setEncoding('utf8');
      let buffered = '';
      for await (const part of response) {
        const frames = (buffered + part).split('\n\n');
        buffered = frames.pop(); // incomplete; dropped if the connection ends here
        for (const frame of frames) {
          const field = (name) => frame.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
          retry_ms = Number(field('retry') ?? retry_ms);
          cursor = field('id') ?? cursor; // control frames have no id
          if (!field('data')) continue;
          const event = JSON.parse(field('data'));
          yield event;
          if (event.terminal) return;
        }
      }
    } catch (error) {
      if (error instanceof Refused) throw error; // unknown or deleted stream
    }
    await sleep(retry_ms);
  }
}

for await (const event of follow(await submit(process.argv[2]))) {
  if (event.type === 'token_stream') process.stderr.write(event.tokens);
  if (event.code === 'gap') process.stderr.write(`[events ${event.from} to ${event.to} are gone]\n`);
  if (event.type === 'snapshot') process.stderr.write(event.chunks.map((chunk) => chunk.text).join('')); // follows a gap
  if (event.terminal) {
    console.log(event.result?.answer ?? '');
    if (event.error) console.error(`\n${event.error.message}`);
    process.exitCode = event.type === 'task_completed' ? 0 : 1;
  }
}
