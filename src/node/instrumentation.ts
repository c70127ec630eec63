import { createRequire } from 'node:module';
import { diag } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { takeFault } from '../core/faults.js';
import { settings } from '../core/settings.js';
import { VERSION } from '../core/version.js';
import { patchExpress, unpatchExpress } from './patch-express.js';
import { patchLaunchDarkly, unpatchLaunchDarkly } from './patch-launchdarkly.js';
import { patchOpenFeature, unpatchOpenFeature } from './patch-openfeature.js';

const EXPRESS = 'express';
const LAUNCHDARKLY = '@launchdarkly/node-server-sdk';

const require = createRequire(import.meta.url);

/**
 * Telltale in OpenTelemetry's instrumentation form, for applications without a line of Telltale: requests to Express
 * (4.18 and newer, 5) become operations, OpenFeature and every LaunchDarkly client (9.4 and newer) get Telltale's
 * hook. It makes no span. Where the application adds middleware or hook itself, nothing is counted twice.
 *
 * Like every instrumentation it has to be made before the application is loaded. `disable()` takes everything back.
 *
 * @throws TypeError where a variable `TELLTALE_*` is wrong.
 *
 * @example
 * ```ts
 * import { NodeSDK } from '@opentelemetry/sdk-node';
 * import { FeatureFlagInstrumentation } from 'telltale/instrumentation';
 * import { telltaleViews } from 'telltale/node';
 *
 * new NodeSDK({ views: telltaleViews(), instrumentations: [new FeatureFlagInstrumentation()] }).start();
 * ```
 */
export class FeatureFlagInstrumentation extends InstrumentationBase {
  constructor(config: InstrumentationConfig = {}) {
    // What is wrong in the environment is said at start.
    settings();
    super('telltale/instrumentation', VERSION, config);
  }

  // Called by the base class's constructor: there are no fields of this class yet.
  protected init(): InstrumentationNodeModuleDefinition[] {
    const isOn = (): boolean => this.isEnabled();
    return [
      define(
        EXPRESS,
        '>=4.18.0 <6',
        (express) => patchExpress(express, isOn),
        (express) => unpatchExpress(express),
      ),
      define('@openfeature/server-sdk', '>=1.17.0 <2', patchOpenFeature, unpatchOpenFeature),
      define(LAUNCHDARKLY, '>=9.4.0 <10', (sdk) => patchLaunchDarkly(sdk, isOn), unpatchLaunchDarkly),
    ];
  }

  /** Patches what is loaded from now on, and what an earlier `disable()` took back. */
  override enable(): void {
    if (!this.isEnabled()) warnOfLoaded();
    super.enable();
  }
}

function define(
  name: string,
  versions: string,
  patch: (module: unknown) => void,
  unpatch: (module: unknown) => void,
): InstrumentationNodeModuleDefinition {
  const guarded = (change: (module: unknown) => void) => (module: unknown) => {
    try {
      change(module);
    } catch (error) {
      takeFault(`the instrumentation of ${name}`, error);
    }
    return module;
  };
  return new InstrumentationNodeModuleDefinition(name, [versions], guarded(patch), guarded(unpatch));
}

/** OpenFeature's API may come late: whatever loads it next gets the same one. */
const TOO_LATE = [EXPRESS, LAUNCHDARKLY];

let hasWarned = false;

function warnOfLoaded(): void {
  if (hasWarned) return;
  hasWarned = true;
  const paths = Object.keys(require.cache);
  const loaded = TOO_LATE.filter((name) => paths.some((path) => isOf(path, name)));
  if (loaded.length === 0) return;
  // An SDK sets its diagnostic logger after its instrumentations were made.
  process.nextTick(() => {
    diag.warn(
      `telltale: ${loaded.join(' and ')} ${loaded.length === 1 ? 'was' : 'were'} loaded before ` +
        'FeatureFlagInstrumentation and may go unmeasured. Start with node --import telltale/register, or make ' +
        'the instrumentation in a file of its own that node --import loads.',
    );
  });
}

function isOf(path: string, name: string): boolean {
  return path.replaceAll('\\', '/').includes(`/node_modules/${name}/`);
}
