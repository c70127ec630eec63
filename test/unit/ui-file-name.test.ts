import { expect, test } from 'vitest';
import { fileName } from '../../src/ui/parts/file-name.js';
import { externalTrace } from '../../src/ui/views/flag/external-trace.js';

test.each([
  [['new-checkout', 'on', 'evidence'], 'new-checkout-on-evidence.json'],
  [['../../etc/passwd', 'on'], '__.._etc_passwd-on.json'],
  [['<img src=x>', 'a\u202eb'], '_img_src_x_-a_b.json'],
  [['x'.repeat(200)], `${'x'.repeat(60)}.json`],
  // Two code units each: none is cut in half.
  [['𝒳'.repeat(200)], `${'𝒳'.repeat(60)}.json`],
])('%j is kept as %s', (parts, name) => {
  expect(fileName(parts, 'json')).toBe(name);
});

test('an id goes into a template as it is, and no pattern of replacement works in it', () => {
  expect(externalTrace('http://j/trace/{traceId}?x=1', 'ab12')).toBe('http://j/trace/ab12?x=1');
  expect(externalTrace('http://j/{traceId}', '$&/')).toBe('http://j/%24%26%2F');
});
