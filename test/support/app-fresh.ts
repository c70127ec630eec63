import { vi } from 'vitest';
import type { TelltaleOptions } from '../../src/core/settings.js';

/** The application half as a process has it that has just begun, with these settings. */
export interface Fresh {
  readonly telltale: typeof import('../../src/index.js');
  readonly openfeature: typeof import('../../src/hooks/openfeature.js');
  readonly express: typeof import('../../src/http/express.js');
  readonly operation: typeof import('./app-operation.js');
  readonly drops: typeof import('../../src/core/drops.js');
}

/** Loads the application half anew: its settings, flags and sums are the process's. */
export async function fresh(options: TelltaleOptions = {}): Promise<Fresh> {
  vi.resetModules();
  const telltale = await import('../../src/index.js');
  telltale.configure(options);
  const [openfeature, express, operation, drops] = await Promise.all([
    import('../../src/hooks/openfeature.js'),
    import('../../src/http/express.js'),
    import('./app-operation.js'),
    import('../../src/core/drops.js'),
  ]);
  return { telltale, openfeature, express, operation, drops };
}
