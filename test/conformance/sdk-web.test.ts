import { describe } from 'vitest';
import * as launchDarkly from '../../src/hooks/launchdarkly-web.js';
import * as openFeature from '../../src/hooks/web.js';
import { subject as launchDarklyWeb } from '../sdks/launchdarkly-web.js';
import { subject as openFeatureWeb } from '../sdks/openfeature-web.js';
import { describeWebSdk } from '../support/web-suite.js';

describe('OpenFeature in a browser', () => describeWebSdk(openFeatureWeb, openFeature));
describe('LaunchDarkly in a browser', () => describeWebSdk(launchDarklyWeb, launchDarkly));
