// The client matrix: every client through every proxy, for a live and a finished stream, over kill -9 and restart of
// the server, and over 70 seconds of silence. Each cell checks that every event arrived once and in order.
//   node tests/clients/matrix.mjs [--plenumd PATH] [--clients REGULAR_EXPRESSION]
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { allClients, Browsers } from './clients.mjs';
import { checkBrowserExample } from './example_page.mjs';
import { proxies, Server, stopAll, top } from './processes.mjs';
import { requests } from './requests.mjs';

const { values: options } = parseArgs({ options: {
  plenumd: { type: 'string', default: path.join(top, 'build/release/bin/plenumd') },
  clients: { type: 'string', default: '' },
} });
const started = Date.now();
const say = (text) => console.log(`[${Math.round((Date.now() - started) / 1000)} s] ${text}`);
const failures = [];

async function submit(url, behavior) {
  const response = await fetch(`${url}/api/stream/task`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ task: 'What is a plenum?', workflow: 'single', members: [`offline/sample-a${behavior}`] }),
  });
  const reply = await response.text();
  if (response.status !== 202) throw new Error(`status ${response.status}: ${reply}`);
  return JSON.parse(reply);
}

// What is wrong with the events that a client received, or "". They are numbered from 1, and the last is terminal.
function fault(events, last, direct) {
  const numbered = events.filter(({ id }) => id !== '-').map(({ id }) => id);
  const wrong = numbered.findIndex((id, index) => Number(id.split('-')[1]) !== index + 1);
  if (wrong >= 0) return `event ${wrong + 1} is ${numbered[wrong]}, after ${numbered[wrong - 1]}`;
  if (new Set(numbered.map((id) => id.split('-')[0])).size !== 1) return 'the epoch changes';
  if (numbered.length !== last.last_seq) return `${numbered.length} events of ${last.last_seq}`;
  if (direct && events.some(({ type }) => type === 'closed')) return 'EventSource closed, without a proxy in between';
  if (last.status !== 'completed') return `the task ended as ${last.status}`;
  return '';
}

const limit = (promise, seconds) => Promise.race([promise, sleep(1000 * seconds, undefined, { ref: false }).then(() => {
  throw new Error(`no terminal event after ${seconds} s`);
})]);

// One cell. `underWay` is called when the client has received its first events.
async function cell(client, base, behavior, { late = false, direct = false, underWay = () => {} } = {}) {
  const events = [];
  try {
    const { events_url, status_url } = await submit(base, behavior);
    const status = async () => (await fetch(`${base}${status_url}`)).json();
    while (late && !(await status()).finished_at) await sleep(50);
    await limit(client(base + events_url, (id, type) => {
      events.push({ id, type });
      if (events.length === 6) underWay();
    }, underWay), 240);
    return { events, problem: fault(events, await status(), direct) };
  } catch (error) {
    return { events, problem: String(error.message ?? error) };
  } finally {
    underWay();
  }
}

// All cells of one column, at most `atOnce` at a time; the result is by client and proxy.
async function column(name, clients, urls, atOnce, run) {
  say(`${name} …`);
  const results = {};
  const work = Object.keys(clients).flatMap((client) => proxies.map((proxy) => ({ client, proxy })));
  const worker = async () => {
    for (let item; (item = work.shift());) {
      const { client, proxy } = item;
      const result = await run(clients[client], urls[proxy], proxy === 'direct');
      if (name === 'silence' && !result.problem) {
        const beats = result.events.filter(({ type }) => type === 'heartbeat').length;
        if (beats < 3) result.problem = `${beats} heartbeats in 70 s`;
      }
      (results[client] ??= {})[proxy] = result;
      if (result.problem) failures.push(`${client}, ${proxy}, ${name}: ${result.problem}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  say(`${name} done`);
  return results;
}

async function restartColumn(clients, urls, server) {
  let toStart = Object.keys(clients).length * proxies.length;
  let allStarted;
  const started = new Promise((resolve) => { allStarted = resolve; });
  const cells = column('restart', clients, urls, toStart, (client, url, direct) => {
    let counted = false;
    const underWay = () => {
      if (counted) return;
      counted = true;
      if (--toStart === 0) allStarted();
    };
    return cell(client, url, '+token_ms:500', { direct, underWay });
  });
  await Promise.race([started, sleep(60_000, undefined, { ref: false })]);
  say(`kill -9 while ${toStart} clients have not received an event yet`);
  await server.killAndRestart();
  return cells;
}

function print(columns) {
  const names = Object.keys(columns);
  console.log(`\n${'client'.padEnd(24)}${'proxy'.padEnd(10)}${names.map((name) => name.padEnd(12)).join('')}`);
  for (const client of Object.keys(columns.live)) {
    for (const proxy of proxies) {
      const cells = names.map((name) => {
        const { events, problem } = columns[name][client][proxy];
        const mark = events.some(({ type }) => type === 'closed') ? '*' : '';
        return (problem ? 'FAILED' : `ok ${events.filter(({ id }) => id !== '-').length}${mark}`).padEnd(12);
      });
      console.log(client.padEnd(24) + proxy.padEnd(10) + cells.join(''));
    }
  }
  console.log('\nok N: N numbered events, each once and in order.');
  console.log('*: the proxy answered with an error while the server restarted; a new EventSource continued at the cursor.');
}

async function checkRequests(urls) {
  console.log(`\n${'request'.padEnd(46)}${proxies.map((name) => name.padEnd(10)).join('')}`);
  for (const [name, [expected, send]] of Object.entries(requests)) {
    let line = name.padEnd(46);
    for (const proxy of proxies) {
      const status = await send(urls[proxy]);
      line += status.padEnd(10);
      if (status !== expected) failures.push(`${name}, ${proxy}: ${status} instead of ${expected}`);
    }
    console.log(line);
  }
}

const browsers = new Browsers();
await browsers.start();
const [server, restarted] = await Promise.all([
  Server.start(options.plenumd, 'server', browsers.origin), Server.start(options.plenumd, 'restarted', browsers.origin),
]);
const [urls, restartedUrls] = await Promise.all([server.routes(), restarted.routes()]);
await browsers.launch();
const clients = Object.fromEntries(
  Object.entries(await allClients(browsers)).filter(([name]) => new RegExp(options.clients).test(name)));
say(`${Object.keys(clients).length} clients, ${proxies.length} ways to the server`);

const live = await column('live', clients, urls, 8, (client, url, direct) => cell(client, url, '+token_ms:20', { direct }));
const late = await column('late', clients, urls, 8, (client, url, direct) =>
  cell(client, url, '+token_ms:1', { late: true, direct }));
const [silence, restart] = await Promise.all([
  column('silence', clients, urls, 1000, (client, url, direct) =>
    cell(client, url, '+delay_ms:70000+token_ms:20', { direct })),
  restartColumn(clients, restartedUrls, restarted),
]);
print({ live, late, restart, silence });
await checkRequests(urls);
const problem = await checkBrowserExample(browsers, server.port);
console.log(`\ndocs/examples/browser.html over broken connections: ${problem || 'ok'}`);
if (problem) failures.push(`browser.html: ${problem}`);

for (const failure of failures) console.log(`FAILED ${failure}`);
say(failures.length ? `${failures.length} failed` : 'all passed');
await browsers.stop();
await stopAll();
process.exit(failures.length ? 1 : 0);
