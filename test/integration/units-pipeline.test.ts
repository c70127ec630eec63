import { readFileSync, rmSync } from 'node:fs';
import { logs, metrics } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { startBackend } from '../../src/server/backend.js';
import type { Comparison } from '../../src/server/comparison.js';
import { judge } from '../../src/stats/index.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { temporaryFolder } from '../support/backend-process.js';

const validate = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(new URL('../../schema/evidence.schema.json', import.meta.url), 'utf8')),
);

/** Users who keep their variant: one in four has the treatment, and one of those fails whatever it does. */
function visit({ operation }: Fresh): void {
  for (let user = 0; user < 400; user += 1) {
    const variant = user % 4 === 0 ? 'on' : 'off';
    const bad = user === 8;
    for (let i = 0; i < (bad ? 60 : 5); i += 1) {
      operation.serve({ variant, targetingKey: `user-${user}` }, { statusCode: bad ? 500 : 200 });
    }
  }
}

test.each([AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA])(
  'sticky users through the real SDK and receiver: harm by requests, a hold by units (temporality %s)',
  async (temporalityPreference) => {
    const dataDir = temporaryFolder();
    const backend = await startBackend({
      access: { host: '127.0.0.1', allowedHosts: [], writeToken: undefined, readToken: undefined },
      corsOrigins: [],
      otlpPort: 0,
      grpcPort: 0,
      grpcRequired: false,
      apiPort: 0,
      store: {},
      location: { dataDir },
      onError: (error) => {
        throw error;
      },
    });
    const exporter = new OTLPMetricExporter({ url: `${backend.otlpUrl}/v1/metrics`, temporalityPreference });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ readers: [reader] });
    const records = new OTLPLogExporter({ url: `${backend.otlpUrl}/v1/logs` });
    const loggers = new LoggerProvider({
      processors: [new SimpleLogRecordProcessor({ exporter: records })],
    });
    for (const api of [metrics, logs]) api.disable();
    metrics.setGlobalMeterProvider(meters);
    logs.setGlobalLoggerProvider(loggers);

    const begun = new Date(Date.now() - 1000).toISOString();
    const app = await fresh({ unitSalt: 'salt', slowThresholdMs: 60_000 });
    visit(app);
    await meters.forceFlush();
    // The simple processor does not wait for what is under way.
    await records.forceFlush();

    const options = new URLSearchParams({ slow: '60s', allocation: 'on=1,off=3', since: begun });
    const compare = async (more = ''): Promise<Comparison> =>
      (
        await fetch(`${backend.apiUrl}/api/v1/flags/flag/comparison?${options}${more}`)
      ).json() as Promise<Comparison>;
    const [byUnits] = (await compare()).comparisons;
    expect(byUnits).toMatchObject({
      verdict: 'hold',
      errors: { method: 'units', ratio: null },
      slow: { method: 'unit-buckets', ratio: null },
    });
    expect(byUnits?.explanation[0]).toContain('control failed 0 of 900, treatment 3 of 300');
    // One process, begun since: its units are counted once, though a run across midnight says so instead.
    expect(byUnits?.explanation.join(' ')).not.toContain('before the comparison began');
    const [withEvidence] = (await compare('&evidence=1')).comparisons;
    const { evidence } = withEvidence ?? {};
    if (evidence === undefined) throw new Error('evidence was asked for');
    expect([validate(evidence), validate.errors]).toEqual([true, null]);
    expect(judge(evidence).errors?.logEHarm).toBeCloseTo(byUnits?.errors.logEHarm ?? Number.NaN, 9);
    // A route is looked at by requests.
    const [byRequests] = (await compare('&route=/')).comparisons;
    expect(byRequests).toMatchObject({ verdict: 'roll-back', errors: { method: 'requests' } });

    await meters.shutdown();
    await loggers.shutdown();
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  },
);
