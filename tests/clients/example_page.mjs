// Runs docs/examples/browser.html in Chromium over connections that are cut in the middle.
import net from 'node:net';

// A proxy whose connections end after so many bytes from the server, one figure each; later ones are left whole.
async function cuttingProxy(port, cuts) {
  const server = net.createServer((client) => {
    let left = cuts.shift() ?? Infinity;
    const upstream = net.connect(port, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      client.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) client.destroySoon(), upstream.destroy();
    });
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      one.on('error', () => {}).on('close', () => other.destroySoon());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

// What is wrong, or "".
export async function checkBrowserExample(browsers, port) {
  const proxy = await cuttingProxy(port, [200, 4000, 4000, 6000]);
  const page = await browsers.chromium.newPage();
  try {
    await page.goto(`${browsers.origin}/examples/browser.html`);
    await page.fill('#server', `http://127.0.0.1:${proxy.address().port}`);
    await page.fill('#task', 'What is a plenum?');
    await page.click('button');
    const state = page.locator('#state');
    await page.waitForFunction("document.getElementById('state').textContent !== 'running'", null, { timeout: 60_000 });
    const answer = await page.locator('#answer').textContent();
    const live = await page.locator('#live').textContent();
    if (await state.textContent() !== 'completed') return `state: ${await state.textContent()}`;
    if (!answer.includes('[offline]')) return `answer: ${answer}`;
    if (!live.includes(answer.trim().split('\n')[0])) return `live text: ${live}`;
    return '';
  } catch (error) {
    return String(error);
  } finally {
    await page.close();
    proxy.close();
  }
}
