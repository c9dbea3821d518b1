// Requests as other software sends them, each through each proxy: the answer must be the documented one.
import http from 'node:http';

import { start } from './processes.mjs';

const body = JSON.stringify({ task: 'Say yes.', workflow: 'single' });
const json = { 'Content-Type': 'application/json' };

async function curl(url, args, text) {
  const child = start('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '30', ...args, url], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // curl stops reading when the answer has arrived
  child.stdin.end(text);
  await child.ended;
  return child.output;
}

function post(url, headers, parts) {
  return new Promise((resolve) => {
    const request = http.request(`${url}/api/stream/task`, { method: 'POST', headers: { ...json, ...headers } });
    request.on('response', (response) => { response.resume(); resolve(String(response.statusCode)); });
    request.setTimeout(30_000, () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve(error.code ?? error.message));
    const send = () => { for (const part of parts) request.write(part); request.end(); };
    if (headers.Expect) request.once('continue', send);
    else send();
    if (headers.Expect) request.flushHeaders();
  });
}

const postByCurl = (url, text, ...args) =>
  curl(`${url}/api/stream/task`, ['-H', 'Content-Type: application/json', ...args, '--data-binary', '@-'], text);
const task = (text) => JSON.stringify({ task: text, workflow: 'single' });
const escaped = (text) => text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

// name: [accepted status, function of the base URL]
export const requests = {
  'GET /readyz': ['200', (url) => curl(`${url}/readyz`, [])],
  'cookie with %0A of another local program': ['200', (url) => curl(`${url}/status`, ['-H', 'Cookie: note=a%0Ab'])],
  'curl --data-binary @3MB, valid': ['202', (url) => postByCurl(url, `${' '.repeat(3_000_000)}${body}`)],
  'curl --data-binary @5MB': ['413', (url) => postByCurl(url, task('a'.repeat(5_000_000)))],
  '200,000 CJK characters, escaped': ['202', (url) => postByCurl(url, escaped(task('語'.repeat(200_000))))],
  'chunked body': ['202', (url) => post(url, { 'Transfer-Encoding': 'chunked' }, [body.slice(0, 9), body.slice(9)])],
  'chunked body with Expect, as .NET sends it': ['202', (url) => post(url, { 'Transfer-Encoding': 'chunked', Expect: '100-continue' }, [body])],
};
