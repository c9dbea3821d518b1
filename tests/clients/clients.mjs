// The clients of the matrix. Each is a function (url, record) that follows the stream at `url`, calls
// record(id, type) for each event ("-" is the id of control frames) and resolves after the terminal event.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { follow } from './event_source.mjs';
import { here, start, temporary, top } from './processes.mjs';

const npm = path.join(top, 'build/clients');
const require = createRequire(path.join(npm, 'package.json'));

async function curl(url, record) {
  for (let cursor = '', ended = false; !ended; await sleep(ended ? 0 : 1000)) {
    const child = start('curl', ['-sfN', ...(cursor ? ['-H', `Last-Event-ID: ${cursor}`] : []), url]);
    let buffered = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      child.output = '';
      const frames = (buffered + text).split('\n\n');
      buffered = frames.pop();
      for (const frame of frames) {
        const id = frame.match(/^id: (.*)$/m)?.[1];
        cursor = id ?? cursor;
        record(id ?? '-', frame.match(/^event: (.*)$/m)[1]);
        ended ||= frame.includes('"terminal":true');
      }
    });
    await child.ended;
  }
}

async function java(url, record) {
  const child = start('java', ['-Xmx64m', '-XX:TieredStopAtLevel=1', '-cp', path.join(npm, 'java'), 'Reader', url]);
  let buffered = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (buffered + text).split('\n');
    buffered = lines.pop();
    for (const line of lines) record(...line.split(' '));
  });
  if (await child.ended !== 0) throw new Error(child.output);
}

// A web server with the page of the browsers. The page requests streams to follow and reports what it received.
export class Browsers {
  jobs = new Map(); // id: {record, resolve, reject}
  queues = {}; // name of the browser: jobs not yet requested
  waiting = {}; // name of the browser: the response that waits for a job
  lastJob = 0;

  async start() {
    this.server = http.createServer((request, response) => this.answer(request, response));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
  }

  async launch() {
    const { chromium } = require('playwright-core');
    this.chromium = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    const page = await this.chromium.newPage();
    page.on('pageerror', (error) => console.error(`Chromium: ${error}`));
    await page.goto(`${this.origin}/tests/page.html?chromium`);
    start('firefox-esr', ['--headless', '--no-remote', '--profile', temporary('firefox'),
      `${this.origin}/tests/page.html?firefox`], { env: { ...process.env, HOME: temporary('home') } });
  }

  async stop() {
    await this.chromium?.close();
    this.server.closeAllConnections();
    this.server.close();
  }

  answer(request, response) {
    const url = new URL(request.url, this.origin);
    const roots = { tests: here, npm: path.join(npm, 'node_modules'), examples: path.join(top, 'docs/examples') };
    const [, root, ...rest] = url.pathname.split('/');
    if (url.pathname === '/next') return this.giveJob(url.search.slice(1), response);
    if (url.pathname === '/report') return this.takeReport(url.searchParams.get('job'), request, response);
    if (!(root in roots)) return response.writeHead(404).end();
    let file = path.join(roots[root], ...rest);
    if (!path.extname(file)) file += '.js';
    const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };
    response.writeHead(200, { 'Content-Type': types[path.extname(file)] }).end(readFileSync(file));
  }

  giveJob(browser, response) {
    const job = (this.queues[browser] ??= []).shift();
    if (job) response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(job));
    else this.waiting[browser] = response;
  }

  takeReport(id, request, response) {
    let text = '';
    request.on('data', (part) => { text += part; }).on('end', () => {
      response.end();
      const job = this.jobs.get(id);
      if (text === 'started') return job.progress();
      if (text.startsWith('failed')) return job.reject(new Error(text));
      for (const line of text.split('\n')) job.record(...line.split(' '));
      job.resolve();
    });
  }

  client(browser, client) {
    return (url, record, progress) => new Promise((resolve, reject) => {
      const job = String(++this.lastJob);
      this.jobs.set(job, { record, progress, resolve, reject });
      (this.queues[browser] ??= []).push({ job, client, url });
      const waiting = this.waiting[browser];
      delete this.waiting[browser];
      if (waiting) this.giveJob(browser, waiting);
    });
  }
}

export async function allClients(browsers) {
  const compiled = start('javac', ['-d', path.join(npm, 'java'), path.join(here, 'Reader.java')]);
  if (await compiled.ended !== 0) throw new Error(compiled.output);
  const eventsource = require('eventsource').EventSource;
  const undici = require('undici').EventSource;
  return {
    Chromium: browsers.client('chromium', 'EventSource'),
    Firefox: browsers.client('firefox', 'EventSource'),
    'event-source-polyfill': browsers.client('chromium', 'event-source-polyfill'),
    'fetch-event-source': browsers.client('chromium', 'fetch-event-source'),
    'npm eventsource': (url, record) => follow(eventsource, url, record),
    undici: (url, record) => follow(undici, url, record),
    curl,
    'Java HttpClient': java,
  };
}
