import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { telltale, temporaryFolder } from '../support/backend-process.js';
import { type ComposeProject, type ComposeService, composeProject, ROOT } from '../support/compose.js';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

// Images cannot be had where these tests run: the real Compose reads the file, and what services say of each other is
// compared here.

const PROVISIONED = 'dashboards/grafana-provisioning';
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Where images listen whose ports nothing of ours sets. */
const PORTS: Readonly<Record<string, readonly number[]>> = {
  clickhouse: [8123],
  flagd: [8015],
  grafana: [3000],
  prometheus: [9090],
  telltale: [4300, 4317, 4318],
};

describe('docker-compose.yml', needsTool('compose'), () => {
  const plain = composeFor();
  const withDatadog = composeFor(['--profile', 'datadog'], { DD_API_KEY: 'a-key' });
  const services = Object.entries(withDatadog.services);

  test('is accepted as it stands, and with the profile that adds Datadog', () => {
    expect(Object.keys(plain.services).sort()).toEqual([
      ...['clickhouse', 'collector', 'flagd', 'grafana', 'payments', 'prometheus'],
      ...['shop', 'shoppers', 'telltale'],
    ]);
    expect(services.map(([name]) => name).sort()).toEqual([...Object.keys(plain.services), 'datadog'].sort());
  });

  test('takes a key to send to Datadog, and nothing else', () => {
    const collector = text('collector-config.yaml');
    expect(plain.services['collector']?.environment).toMatchObject({ TO_DATADOG: null, DD_API_KEY: null });
    const environment = withDatadog.services['collector']?.environment ?? {};
    expect(environment['DD_API_KEY']).toBe('a-key');
    expect(collector).toMatch(new RegExp(`^  ${environment['TO_DATADOG']}:$`, 'm'));
    expect(withDatadog.services['datadog']?.environment).toMatchObject({ DD_API_KEY: 'a-key' });
  });

  test.each(services)('%s is pinned, is asked how it is, and mounts what there is', (name, service) => {
    const images = [service.image, ...baseImages(service.build?.dockerfile_inline ?? '')];
    for (const image of images) if (image !== undefined) expect(image).toMatch(/:v?\d+\.\d+\.\d+[.\w-]*$/);

    const waits = services.map(([, other]) => other.depends_on?.[name]?.condition);
    const endsByItself = waits.includes('service_completed_successfully');
    if (!endsByItself) expect(service.healthcheck?.test?.[0]).toBe('CMD');

    for (const { type, source } of service.volumes ?? []) {
      if (type === 'bind') expect(existsSync(source), source).toBe(true);
    }
    for (const port of service.ports ?? []) expect(port.host_ip).toBe('127.0.0.1');
  });

  test.each(services)('%s finds the services that it names, and waits for them', (name, service) => {
    for (const [host, port] of addressesOf(service)) {
      expect(withDatadog.services, `${host} of ${name}`).toHaveProperty([host]);
      expect(portsOf(host, withDatadog.services[host]), `${host}:${port} of ${name}`).toContain(port);
      expect(service.depends_on, `${name} and ${host}`).toHaveProperty([host]);
    }
  });

  test('Grafana and Prometheus find what they ask', () => {
    const sources = text(`${PROVISIONED}/datasources/telltale.yaml`);
    const prometheus = withDatadog.configs['prometheus']?.content ?? '';
    expect(sources).toContain('url: http://prometheus:9090\n');
    expect(sources).toMatch(/host: clickhouse\n\s+port: 8123\n/);
    const [, target, port] = /targets: \["(\w+):(\d+)"\]/.exec(prometheus) ?? [];
    expect(PORTS[`${target}`]).toContain(Number(port));
    const [, rules] = /rule_files: \[(\S+)\]/.exec(prometheus) ?? [];
    const mounted = withDatadog.services['prometheus']?.volumes?.map((volume) => volume.target);
    expect(mounted).toContain(rules);
  });

  test('Prometheus accepts its configuration', needsTool('promtool'), () => {
    const file = join(temporaryFolder(), 'prometheus.yml');
    writeFileSync(file, withDatadog.configs['prometheus']?.content ?? 'none');
    const { status, stderr } = spawnSync(toolPath('promtool'), ['check', 'config', '--syntax-only', file], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('credentials of ClickHouse are the same wherever they stand', () => {
    const at = (name: string) => withDatadog.services[name]?.environment ?? {};
    expect(at('telltale')['TELLTALE_CLICKHOUSE_USER']).toBe(at('clickhouse')['CLICKHOUSE_USER']);
    expect(at('telltale')['TELLTALE_CLICKHOUSE_PASSWORD']).toBe(at('clickhouse')['CLICKHOUSE_PASSWORD']);
    const database = at('clickhouse')['CLICKHOUSE_DB'];
    const url = new URL(`${withDatadog.services['telltale']?.command?.at(-1)}`);
    expect(url.pathname).toBe(`/${database}`);

    const grafana = 'CLICKHOUSE_GRAFANA_PASSWORD';
    expect(at('grafana')[grafana]).toBe(at('clickhouse')[grafana]);
    const sources = text(`${PROVISIONED}/datasources/telltale.yaml`);
    const reader = withDatadog.configs['clickhouse-grafana']?.content ?? '';
    expect(sources).toContain(`password: $${grafana}\n`);
    expect(reader).toContain(`<password from_env="${grafana}"/>`);
    const [, user] = /username: (\w+)/.exec(sources) ?? [];
    expect(reader).toContain(`<${user}>\n      <password`);
    expect(sources).toContain(`defaultDatabase: ${database}\n`);
    expect(reader).toContain(`GRANT SELECT ON ${database}.*`);
  });

  test('the collector reads every variable that it is given', () => {
    const config = text('collector-config.yaml');
    const given = Object.keys(withDatadog.services['collector']?.environment ?? {});
    expect(given.filter((variable) => !config.includes(`\${env:${variable}`))).toEqual([]);
  });

  test.each([
    ['as it stands', plain],
    ['with Datadog', withDatadog],
  ])(
    'the collector accepts its configuration with what it is given, %s',
    needsTool('collector'),
    (_, project) => {
      const given = Object.entries(project.services['collector']?.environment ?? {});
      const env = Object.fromEntries(given.filter(([, value]) => value !== null)) as Record<string, string>;
      const validate = ['validate', '--config', join(ROOT, 'collector-config.yaml')];
      const { status, stderr } = spawnSync(toolPath('collector'), validate, { env, encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );

  test('telltale up knows the options that it is given', async () => {
    const options = withDatadog.services['telltale']?.command?.filter((word) => word.startsWith('--')) ?? [];
    const { stdout } = await telltale(['up', '--help']);
    expect(options.length).toBeGreaterThan(0);
    for (const option of options) expect(stdout).toContain(`${option} `);
  });

  test("Grafana has the dashboards, and a source of each dashboard's type", () => {
    const provider = text(`${PROVISIONED}/dashboards/telltale.yaml`);
    const sources = text(`${PROVISIONED}/datasources/telltale.yaml`);
    const [, folder] = /path: (\S+)/.exec(provider) ?? [];
    const volumes = withDatadog.services['grafana']?.volumes ?? [];
    const dashboards = volumes.filter((volume) => volume.target.startsWith(`${folder}/`));
    expect(dashboards).toHaveLength(2);
    for (const { source } of dashboards) {
      const { templating } = JSON.parse(readFileSync(source, 'utf8')) as {
        templating: { list: { name: string; query: unknown }[] };
      };
      const type = templating.list.find((variable) => variable.name === 'datasource')?.query;
      expect(sources).toContain(`type: ${type}\n`);
    }
  });
});

test.each([
  [{}, /^Expected an API key of Datadog in DD_API_KEY, found none\.\n$/],
  [
    { DD_API_KEY: 'a-key', DD_SITE: 'nowhere.invalid' },
    /^Expected an answer from https:\/\/api\.nowhere\.invalid\//,
  ],
])('before it sends to Datadog, what is wrong is said: %j', (env, said) => {
  const file = join(ROOT, 'examples/shop/datadog-key.js');
  const { status, stderr } = spawnSync(process.execPath, [file], { env, encoding: 'utf8' });
  expect(stderr).toMatch(said);
  expect(status).toBe(1);
});

/** An empty project where Compose is not here, and all of this is left out. */
function composeFor(...of: Parameters<typeof composeProject>): ComposeProject {
  return needsTool('compose').skip ? { services: {}, configs: {} } : composeProject(...of);
}

/** Those that a Dockerfile begins from; its own stages are not among them. */
function baseImages(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => `${image}`);
}

/** Every `http://host:port` of its variables and its command, and flagd, whose port is its provider's default. */
function addressesOf({ environment = {}, command }: ComposeService): [string, number][] {
  const values = [...Object.values(environment), ...(command ?? [])].join('\n');
  const urls = [...values.matchAll(/http:\/\/([a-z]\w*):(\d+)/g)].filter(([, host]) => host !== 'localhost');
  const addresses = urls.map(([, host, port]): [string, number] => [`${host}`, Number(port)]);
  const flagd = environment['FLAGD_HOST'];
  return flagd ? [...addresses, [flagd, 8015]] : addresses;
}

function portsOf(name: string, service: ComposeService | undefined): readonly number[] {
  if (name === 'collector') {
    const endpoints = text('collector-config.yaml').matchAll(/OTLP_HOST:-127\.0\.0\.1}:(\d+)/g);
    return [...endpoints].map(([, port]) => Number(port));
  }
  return PORTS[name] ?? [Number(service?.environment?.['PORT'])];
}
