import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { type BackendProcess, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { firstAnswer } from '../support/exporter-answers.js';
import { exportSpan, missingSpans, sentSpans } from '../support/sent-spans.js';
import { needsSmallDisk } from '../support/tools.js';

const MIB = 2 ** 20;

/** A disk of its own, so that filling it hurts nobody. */
function smallDisk(mib: number): { folder: string } & Disposable {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]);
  return {
    folder,
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function send(backend: BackendProcess, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${backend.otlpUrl}/v1/traces`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response;
}

test('a full disk: 503 while it lasts, nothing acknowledged is lost, and all goes on once there is room', {
  timeout: 120_000,
  ...needsSmallDisk(),
}, async () => {
  using disk = smallDisk(40);
  // Other files on the disk, which are taken away later.
  const ballast = join(disk.folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(24 * MIB));
  const dataDir = join(disk.folder, 'data');
  await using backend = await telltaleUp(dataDir);
  const acknowledged: string[] = [];
  const statuses = new Set<number>();
  const text = 'x'.repeat(100);
  // More than once: the store has to refuse every time, and to survive it.
  for (let refusals = 0, sent = 0; refusals < 20 && sent < 2000; sent += 1) {
    const { ids, body } = sentSpans(500, text);
    const response = await send(backend, body);
    statuses.add(response.status);
    if (response.status === 200) acknowledged.push(...ids);
    else refusals += 1;
    if (response.status === 503) expect(response.headers.get('retry-after')).toBe('1');
  }
  expect([...statuses].sort()).toEqual([200, 503]);
  expect(acknowledged.length).toBeGreaterThan(1000);
  expect((await fetch(`${backend.apiUrl}/api/v1/flags`)).status).toBe(200);

  // What is full may be the disk with the log.
  expect(backend.stderr().match(/not enough space/g)?.length).toBeLessThan(5);

  // A real exporter tries again by itself: there is room from its first 503 on.
  const refused = firstAnswer(503).then(() => rmSync(ballast));
  const exported = await exportSpan(backend.otlpUrl);
  await refused;
  expect(exported.acknowledged).toBe(true);
  acknowledged.push(exported.id);
  expect(await backend.stop()).toBe(0);
  const store = await openStore({ dataDir });
  expect(await missingSpans(store.query, acknowledged)).toEqual([]);
  await store.close();
});
