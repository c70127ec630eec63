import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { observeMethods } from '../../src/hooks/sdk-methods.js';

class Client {
  readonly #prefix = 'value of ';
  ask(key: string): string {
    return this.#prefix + key;
  }
  askTwice(key: string): string[] {
    return [this.ask(key), this.ask(key)];
  }
  async later(key: string): Promise<string> {
    if (key === '') throw new RangeError('no key');
    return this.#prefix + key;
  }
  refuse(): never {
    throw new RangeError('no');
  }
}

type Seen = readonly [args: readonly unknown[], value: unknown];

function observed(...names: string[]): { client: Client; seen: Seen[]; failed: Seen[]; undo: () => void } {
  const client = new Client();
  const seen: Seen[] = [];
  const failed: Seen[] = [];
  const observer = {
    returned: (args: readonly unknown[], value: unknown): unknown => seen.push([args, value]),
    failed: (args: readonly unknown[], error: unknown): unknown => failed.push([args, error]),
  };
  const undo = observeMethods(client, Object.fromEntries(names.map((name) => [name, observer])));
  return { client, seen, failed, undo };
}

describe('a method', () => {
  it('is observed with what it was given and what it gave', () => {
    const { client, seen } = observed('ask');
    expect(client.ask('a')).toBe('value of a');
    expect(seen).toEqual([[['a'], 'value of a']]);
  });

  it('that throws throws the same, and that is observed', () => {
    const { client, seen, failed } = observed('refuse');
    expect(() => client.refuse()).toThrow(RangeError);
    expect([seen.length, failed.length]).toEqual([0, 1]);
  });

  it('called by another of the object belongs to that one', () => {
    const { client, seen } = observed('ask', 'askTwice');
    client.askTwice('a');
    client.ask('b');
    expect(seen.map(([args]) => args)).toEqual([['a'], ['b']]);
  });

  it('is observed again after one that threw', () => {
    const { client, seen } = observed('ask', 'refuse');
    expect(() => client.refuse()).toThrow(RangeError);
    client.ask('a');
    expect(seen).toHaveLength(1);
  });

  it('is as it was once that is undone', () => {
    const { client, seen, undo } = observed('ask');
    undo();
    expect(Object.hasOwn(client, 'ask')).toBe(false);
    client.ask('a');
    expect(seen).toEqual([]);
  });

  it('that the object has for itself is put back as it was', () => {
    const client = { ask: (): string => 'own' };
    const before = Object.getOwnPropertyDescriptor(client, 'ask');
    const undo = observeMethods(client, { ask: { returned: () => {} } });
    expect(Object.keys(client)).toEqual(['ask']);
    undo();
    expect(Object.getOwnPropertyDescriptor(client, 'ask')).toEqual(before);
  });

  it('that somebody else replaced in the meantime is left to them', () => {
    const { client, undo } = observed('ask');
    const theirs = (): string => 'theirs';
    client.ask = theirs;
    undo();
    expect(client.ask).toBe(theirs);
  });
});

describe('a method that gives a promise', () => {
  it('is observed before who waits for it goes on, in their context', async () => {
    const storage = new AsyncLocalStorage<string>();
    const client = new Client();
    const seen: unknown[] = [];
    observeMethods(client, { later: { returned: (_args, value) => seen.push([value, storage.getStore()]) } });
    await storage.run('caller', async () => {
      expect(await client.later('a')).toBe('value of a');
      expect(seen).toEqual([['value of a', 'caller']]);
    });
  });

  it('is rejected with the same error, which is observed', async () => {
    const { client, failed } = observed('later');
    await expect(client.later('')).rejects.toThrow(RangeError);
    expect(failed).toHaveLength(1);
  });

  it('that nobody handles is still one that nobody handles', async () => {
    const { client } = observed('later');
    const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve));
    void client.later('');
    expect(await unhandled).toBeInstanceOf(RangeError);
  });
});
