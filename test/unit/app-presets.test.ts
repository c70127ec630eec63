import { DiagLogLevel, diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { datadogAgent, datadogIntake } from '../../src/node/datadog.js';
import { exportersOf } from '../../src/node/presets.js';
import { startOptions } from '../../src/node/start-options.js';

const KEY = '0123456789abcdef0123456789ABCDEF';

afterEach(() => {
  vi.unstubAllEnvs();
  diag.disable();
});

function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

describe('names of exporters', () => {
  it('are undefined where none is given, and the standard variables decide', () => {
    expect(startOptions({}).exporter).toBeUndefined();
  });

  it('come from the option before the variable, each once', () => {
    vi.stubEnv('TELLTALE_EXPORTER', ' datadog, telltale,datadog ');
    expect(startOptions({}).exporter).toEqual(['datadog', 'telltale']);
    expect(startOptions({ exporter: ['prometheus'] }).exporter).toEqual(['prometheus']);
  });

  it.each([['datadgo'], ['none'], [','], ['otlp,Datadog']])('refuse %s', (value) => {
    vi.stubEnv('TELLTALE_EXPORTER', value);
    expect(() => startOptions({})).toThrow(
      'option "exporter" (TELLTALE_EXPORTER) has to be a list of one or more of ' +
        'otlp, datadog, datadog-agent, prometheus, telltale, console, got ',
    );
  });

  it.each([['datadog'], [{}], [[]], [['datadog', 1]]])('refuse the option %j', (value) => {
    expect(() => startOptions({ exporter: value as never })).toThrow(/option "exporter".* has to be a list/);
  });
});

describe('the key of datadog', () => {
  it('is 32 hexadecimal digits', () => {
    vi.stubEnv('DD_API_KEY', KEY);
    expect(datadogIntake().headers.LOGS).toEqual({ 'dd-api-key': KEY });
  });

  it.each([
    [undefined, 'needs DD_API_KEY, which is not set'],
    ['  ', 'needs DD_API_KEY, which is not set'],
    [`${KEY} `, 'has white space in it'],
    [`${KEY}\n`, 'has white space in it'],
    [`${KEY}01234567`, 'has the 40 hexadecimal digits of an application key'],
    ['0123', 'has 4 hexadecimal digits'],
    [`"${KEY}"`, 'has 34 characters, not all of them hexadecimal digits'],
  ])('%j is refused, with what it is and how to mend it, and not shown', (key, fault) => {
    vi.stubEnv('DD_API_KEY', key);
    const refused = (() => {
      try {
        exportersOf(['datadog']);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(refused).toContain(fault);
    expect(refused).toContain('Organization Settings > API Keys: 32 hexadecimal digits.');
    expect(refused).not.toContain(KEY);
  });
});

describe('the site of datadog', () => {
  it.each([
    ['', 'https://otlp.datadoghq.com'],
    ['datadoghq.eu', 'https://otlp.datadoghq.eu'],
    ['ap2.datadoghq.com', 'https://otlp.ap2.datadoghq.com'],
    ['ddog-gov.com', 'https://otlp.ddog-gov.com'],
  ])('%j gives %s', (site, url) => {
    setEnvironment({ DD_API_KEY: KEY, DD_SITE: site });
    expect(datadogIntake().url).toBe(url);
  });

  it.each(['datadoghq.co', 'app.datadoghq.com', 'https://datadoghq.eu', 'datadoghq.com.example', 'us5'])(
    'refuses %s, as the key would go there',
    (site) => {
      setEnvironment({ DD_API_KEY: KEY, DD_SITE: site });
      expect(() => datadogIntake()).toThrow(
        `such as datadoghq.com, datadoghq.eu or us5.datadoghq.com, got "${site}"`,
      );
    },
  );
});

describe('the host of datadog-agent', () => {
  it.each([
    [undefined, 'http://127.0.0.1:4318'],
    ['datadog-agent', 'http://datadog-agent:4318'],
    ['fd00::1', 'http://[fd00::1]:4318'],
  ])('%s gives %s', (host, url) => {
    vi.stubEnv('DD_AGENT_HOST', host);
    expect(datadogAgent()).toMatchObject({ url, temporality: 'delta' });
  });

  it.each(['http://agent', 'agent:8126', 'agent/path'])('refuses %s', (host) => {
    vi.stubEnv('DD_AGENT_HOST', host);
    expect(() => datadogAgent()).toThrow(`without scheme and port, got "${host}"`);
  });
});

describe('the port of prometheus', () => {
  it.each(['99999', '0', '-1', '9464.5', 'metrics'])('refuses %s', (port) => {
    vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_PORT', port);
    expect(() => exportersOf(['prometheus'])).toThrow(
      `OTEL_EXPORTER_PROMETHEUS_PORT has to be a port from 1 to 65535, got "${port}".`,
    );
  });
});

describe('several exporters', () => {
  it('are refused where two would write to Datadog', () => {
    vi.stubEnv('DD_API_KEY', KEY);
    expect(() => exportersOf(['datadog', 'datadog-agent'])).toThrow('write everything to Datadog; name one');
  });

  it.each([undefined, 'localhost'])('are refused where two send to one place (DD_AGENT_HOST=%s)', (host) => {
    vi.stubEnv('DD_AGENT_HOST', host);
    expect(() => exportersOf(['telltale', 'datadog-agent'])).toThrow(
      'telltale and datadog-agent would both send to http://127.0.0.1:4318, where one program listens',
    );
  });

  it('have what each of them exports, but for signals that are switched off', () => {
    setEnvironment({ DD_API_KEY: KEY, OTEL_LOGS_EXPORTER: 'none', TELLTALE_TOKEN: '0123456789abcdef' });
    const { spanProcessors, logRecordProcessors, metricReaders } = exportersOf([
      'telltale',
      'datadog',
      'console',
    ]);
    expect([spanProcessors.length, logRecordProcessors.length, metricReaders.length]).toEqual([3, 0, 3]);
  });

  it('leave the environment as it is', () => {
    setEnvironment({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b' });
    exportersOf(['telltale']);
    expect(process.env['OTEL_EXPORTER_OTLP_HEADERS']).toBe('a=b');
  });

  it('warn of variables that none of them reads', () => {
    const said: string[] = [];
    const log = (message: string) => said.push(message);
    diag.setLogger({ error: log, warn: log, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
    setEnvironment({ OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none' });
    exportersOf(['telltale']);
    exportersOf(['telltale', 'otlp']);
    expect(said.filter((message) => message.startsWith('telltale:'))).toEqual([
      'telltale: OTEL_TRACES_EXPORTER is read by the exporter otlp alone, which TELLTALE_EXPORTER does not name.',
    ]);
  });
});

describe('the token of telltale', () => {
  it.each(['short', 'with white space 123', 'new\nline-0123456789'])(
    '%j is refused, and not shown',
    (token) => {
      vi.stubEnv('TELLTALE_WRITE_TOKEN', token);
      expect(() => exportersOf(['telltale'])).toThrow(
        /^TELLTALE_WRITE_TOKEN has to be the token of telltale up: 16/,
      );
    },
  );
});
