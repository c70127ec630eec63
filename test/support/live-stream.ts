import type { StoredEvent } from '../../src/server/page/documents.js';

/** What comes on a stream of server-sent events. */
export interface LiveStream {
  readonly response: Response;
  /** The next event; undefined when the stream has ended as it should. */
  next(): Promise<StoredEvent | undefined>;
  /** Comments and events, as they came so far. */
  readonly blocks: readonly string[];
  leave(): void;
}

export async function openLive(apiUrl: string, headers: Record<string, string> = {}): Promise<LiveStream> {
  const leaving = new AbortController();
  const response = await fetch(`${apiUrl}/api/v1/live`, { headers, signal: leaving.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const blocks: string[] = [];
  let text = '';
  let read = 0;
  async function next(): Promise<StoredEvent | undefined> {
    for (;;) {
      const block = blocks[read];
      if (block !== undefined) {
        read += 1;
        const [, data] = /^event: stored\ndata: (.*)$/.exec(block) ?? [];
        if (data !== undefined) return JSON.parse(data);
        continue;
      }
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done) return undefined;
      const parts = (text + value).split('\n\n');
      text = parts.pop() ?? '';
      blocks.push(...parts);
    }
  }
  return { response, next, blocks, leave: () => leaving.abort() };
}
