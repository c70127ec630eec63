import { expect, it } from 'vitest';
import { createCounter, gauge } from '../../src/server/metrics.js';
import { prometheusText } from '../../src/server/prometheus-text.js';

it('writes counters, gauges and histograms by the names that OpenTelemetry maps them to', () => {
  const requests = createCounter({ name: 'a.requests', description: 'Requests.', unit: '{request}' });
  requests.add({ 'http.route': '/x', status: '200' });
  requests.add({ 'http.route': '/x', status: '200' }, 2);
  requests.add({ 'http.route': '/x', status: '500' }, 0);
  const text = prometheusText([
    requests.metric(),
    gauge({ name: 'b.held', description: 'Held.', unit: 'By' }, 1.5),
    {
      ...{ name: 'c.duration', description: 'Time.', unit: 's', type: 'histogram' },
      ...{ bounds: [0.1, 1], counts: [3, 0, 2], sum: 7.25 },
    },
  ]);
  expect(text).toBe(`# HELP a_requests_total Requests.
# TYPE a_requests_total counter
a_requests_total{http_route="/x",status="200"} 3
a_requests_total{http_route="/x",status="500"} 0
# HELP b_held_bytes Held.
# TYPE b_held_bytes gauge
b_held_bytes 1.5
# HELP c_duration_seconds Time.
# TYPE c_duration_seconds histogram
c_duration_seconds_bucket{le="0.1"} 3
c_duration_seconds_bucket{le="1"} 3
c_duration_seconds_bucket{le="+Inf"} 5
c_duration_seconds_sum 7.25
c_duration_seconds_count 5
`);
});

it('escapes what a label may not hold', () => {
  const metric = gauge({ name: 'a', description: 'A.', unit: '1' }, 1, { path: 'C:\\x "y"\nz' });
  expect(prometheusText([metric])).toContain('a{path="C:\\\\x \\"y\\"\\nz"} 1\n');
});
