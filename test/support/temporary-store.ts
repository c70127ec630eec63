import { rmSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { openStore, type Store } from '../../src/store/store.js';
import type { StoreOptions } from '../../src/store/upkeep.js';
import { temporaryFolder } from './backend-process.js';

/** The real engine in a folder of its own, open for all tests of a file. */
export function temporaryStore(options?: StoreOptions): () => Store {
  let dataDir: string;
  let store: Store;
  beforeAll(async () => {
    dataDir = temporaryFolder();
    store = await openStore({ dataDir }, options);
  });
  afterAll(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return () => store;
}

let flags = 0;
/** A flag that no other test has, so that one store serves them all. */
export function freshFlag(): string {
  flags += 1;
  return `flag-${flags}`;
}
