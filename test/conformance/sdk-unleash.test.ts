import { expect, it } from 'vitest';
import * as entry from '../../src/hooks/unleash.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/unleash.js';
import { installSdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);

it('measures the variant where a flag is asked whether it is on, and then for its variant', async () => {
  const sdk = installSdk();
  const unleash = await subject.start();
  entry.observeUnleash(unleash);
  run('job', () => {
    expect(unleash.isEnabled('string')).toBe(true);
    expect(unleash.getVariant('string').name).toBe('blue');
    expect(unleash.isEnabled('off')).toBe(false);
    expect(unleash.getVariant('off').name).toBe('disabled');
  });
  expect(sdk.spans.getFinishedSpans()[0]?.attributes).toMatchObject({
    'feature_flags.string': 'blue',
    'feature_flags.off': 'false',
  });
  subject.stop(unleash);
});
