import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { datadogExamples } from '../../src/dashboards/datadog-files.js';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

const PARSE = 'import hcl2, json, sys; print(json.dumps(hcl2.loads(sys.stdin.read())))';

interface Module {
  readonly resource: readonly Readonly<Record<string, unknown>>[];
}

/** What python-hcl2 reads in a file: blocks as objects, expressions as texts. */
async function parse(text: string): Promise<Module> {
  const parsing = promisify(execFile)(toolPath('hcl2'), ['-c', PARSE]);
  parsing.child.stdin?.end(text);
  return JSON.parse((await parsing).stdout) as Module;
}

/** The files that expressions read; `${name}` in a path is each of the names of the `for` around it. */
function filesRead(module: Module): string[] {
  const expressions = JSON.stringify(module).replaceAll('\\"', '"');
  const loops = expressions.matchAll(/for name in \[([^\]]*)\] : .*?file\("\$\{path\.module\}\/([^"]+)"\)/g);
  const looped = [...loops].flatMap(([, names = '', path = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => path.replace(/\$\{name\}/, name)),
  );
  const plain = [...expressions.matchAll(/file\("\$\{path\.module\}\/([^"$]+)"\)/g)].map(
    ([, path = '']) => path,
  );
  return [...plain, ...looped].sort();
}

/** The provider of Datadog cannot be had here: names of resources and their arguments are those of its documentation. */
describe('the files for Terraform, parsed as HCL', needsTool('hcl2'), () => {
  test.each([
    { folder: '', resources: ['datadog_dashboard_json', 'datadog_metric_tag_configuration'] },
    {
      folder: 'new-checkout/',
      resources: ['datadog_dashboard_json', 'datadog_monitor_json', 'datadog_spans_metric'],
    },
  ])('$folder: make of every file beside them a resource', async ({ folder, resources }) => {
    const files = datadogExamples();
    const module = await parse(files[`${folder}main.tf`] ?? '');
    const types = module.resource.flatMap((resource) => Object.keys(resource));
    expect(types.map((type) => type.replaceAll('"', '')).sort()).toEqual(resources);
    const beside = Object.keys(files)
      .filter((path) => path.endsWith('.json') && path.startsWith(folder))
      .map((path) => path.slice(folder.length))
      .filter((path) => folder !== '' || !path.startsWith('new-checkout/'));
    // Searches of traces have no resource: they are saved by hand.
    const expected = beside.filter((path) => path !== 'trace-queries.json').sort();
    expect(filesRead(module)).toEqual(expected);
  });

  test('what is no HCL is seen', async () => {
    await expect(parse('resource "datadog_dashboard_json" "flag" { dashboard = }')).rejects.toThrow();
  });
});
