import { rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type Backend, type BackendOptions, startBackend } from '../../src/server/backend.js';
import { temporaryFolder } from './backend-process.js';

/** The whole backend in this process, on free ports and a store of its own; faults of it fail the test. */
export async function temporaryBackend(options: Partial<BackendOptions> = {}): Promise<Backend> {
  const dataDir = temporaryFolder();
  const faults: unknown[] = [];
  const backend = await startBackend({
    access: { host: '127.0.0.1', allowedHosts: [], writeToken: undefined, readToken: undefined },
    ...{ corsOrigins: [], otlpPort: 0, grpcPort: 0, grpcRequired: false, apiPort: 0 },
    ...{ store: {}, location: { dataDir }, onError: (error) => void faults.push(error) },
    ...options,
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= backend.close();
    return closed;
  };
  onTestFinished(async () => {
    await close();
    rmSync(dataDir, { recursive: true, force: true });
    if (faults.length > 0) throw faults[0];
  });
  return { ...backend, close };
}
