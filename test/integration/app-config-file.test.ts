import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startCollector } from '../support/app-collector.js';
import { decodeJson } from '../support/app-otlp.js';
import { startApp } from '../support/app-process.js';

/** More than the 2,000 sets that OpenTelemetry keeps without a View. */
const ROUTES = 2_100;

/** The file that docs/register.md gives to copy, exporting to another place and as JSON. */
async function documentedFile(url: string): Promise<string> {
  const page = await readFile(new URL('../../docs/register.md', import.meta.url), 'utf8');
  const yaml = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  return yaml.replace(
    /^( +)endpoint: http:\/\/localhost:4318(.*)$/gm,
    `$1endpoint: ${url}$2\n$1encoding: json`,
  );
}

describe('telltale/register with OTEL_CONFIG_FILE', () => {
  it('measures with the views that the documentation gives, and says what it cannot add', async () => {
    await using collector = await startCollector();
    const folder = await mkdtemp(join(tmpdir(), 'telltale-config-'));
    const file = join(folder, 'otel.yaml');
    await writeFile(file, await documentedFile(collector.url));
    const env = { OTEL_CONFIG_FILE: file, TELLTALE_LIMIT_ATTRIBUTE_SETS: '19900' };
    await using app = await startApp({ entry: 'app-no-code', telemetry: 'telltale/register', env });
    expect((await app.get('/products/1?on=1')).status).toBe(200);
    expect((await app.get(`/many?count=${ROUTES}`)).status).toBe(200);
    await app.stop();
    await rm(folder, { recursive: true });
    const { spans, logs, metric } = decodeJson(collector.exports);
    const server = spans.find((span) => span.attributes['http.route'] === '/products/:id');
    expect(server?.attributes).toMatchObject({
      'feature_flags.checkout': 'on',
      'feature_flags.search': expect.anything(),
    });
    expect(logs.some((log) => log.eventName === 'feature_flag.evaluation')).toBe(true);
    const durations = metric('telltale.operation.duration');
    expect(durations[0]?.kind).toBe('exponentialHistogram');
    const many = durations.filter((point) =>
      /^many-/.test(String(point.attributes['telltale.operation.name'])),
    );
    expect(many).toHaveLength(ROUTES);
    expect(app.stderr()).toContain('which takes no processors and no Views from code');
    expect(app.stderr()).not.toContain('not handled by SDK setup');
  });
});
