// Starts plenumd and the proxies of docs/examples on free loopback ports.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));
export const top = path.resolve(here, '../..');
export const proxies = ['direct', 'nginx', 'HAProxy', 'Caddy', 'Varnish'];

const directory = mkdtempSync(path.join(os.tmpdir(), 'plenum-matrix-'));
const children = new Set();
// Each in a process group of its own, because some programs have children.
export function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  children.add(child);
  child.output = '';
  child.stdout?.on('data', (text) => { child.output += text; });
  child.stderr?.on('data', (text) => { child.output = (child.output + text).slice(-20_000); });
  child.ended = new Promise((resolve) => child.on('close', (code) => { children.delete(child); resolve(code); }));
  child.on('error', (error) => { child.output += error; });
  return child;
}

export function temporary(name) {
  const made = path.join(directory, name);
  mkdirSync(made, { recursive: true });
  return made;
}

function stop() {
  for (const child of children) {
    try { process.kill(-child.pid, 'SIGTERM'); } catch { /* it has ended */ }
  }
}
export async function stopAll() {
  stop();
  await Promise.race([Promise.all([...children].map((child) => child.ended)), sleep(10_000)]);
  rmSync(directory, { recursive: true, force: true });
}
process.on('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

export function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function untilReady(port, child) {
  for (let attempt = 0; attempt < 600; ++attempt) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.ok, () => false);
    if (ready) return;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`${child.spawnargs.join(' ')} does not serve requests:\n${child.output}`);
}

// plenumd with the offline provider. Its port stays the same over a restart.
export class Server {
  static async start(program, name, allowedOrigin) {
    const server = new Server();
    server.program = program;
    server.port = await freePort();
    const folder = temporary(name);
    server.config = path.join(folder, 'plenum.toml');
    writeFileSync(server.config, [
      `listen = "127.0.0.1:${server.port}"`,
      `store = "sqlite:${path.join(folder, 'plenum.db')}"`,
      `allowed_origins = ["${allowedOrigin}"]`,
      'cache_bytes_max = 0',
      '[providers.offline]',
      'kind = "offline"',
      'models = ["sample-a"]',
      'concurrent_requests_max = 1000',
    ].join('\n'));
    await server.run();
    return server;
  }

  async run() {
    this.child = start(this.program, ['--config', this.config]);
    await untilReady(this.port, this.child);
  }

  async killAndRestart() {
    this.child.kill('SIGKILL');
    await this.child.ended;
    await this.run();
  }

  // The base URL of each way to the server.
  async routes() {
    const urls = { direct: `http://127.0.0.1:${this.port}` };
    await Promise.all(proxies.slice(1).map(async (name) => {
      const port = await freePort();
      const kind = name.toLowerCase();
      const folder = temporary(`${kind}-${this.port}`);
      const child = start(path.join(here, 'proxy'), [kind, String(port), String(this.port), folder]);
      await untilReady(port, child);
      urls[name] = `http://127.0.0.1:${port}`;
    }));
    return urls;
  }
}
