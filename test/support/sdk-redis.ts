import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Redis {
  /** Where it listens: a socket in a file. */
  readonly path: string;
  stop(): void;
}

/** As much of a Redis server as an SDK's reading needs: `GET` of these values; anything else succeeds. */
export async function startRedis(values: Readonly<Record<string, string>>): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const path = join(folder, 'socket');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.on('data', (data) => {
      const { commands, left } = commandsIn(rest + String(data));
      rest = left;
      for (const command of commands) socket.write(answer(command, values));
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answer([name, key = '']: string[], values: Readonly<Record<string, string>>): string {
  switch (name?.toLowerCase()) {
    case 'info':
      return bulk('redis_version:7.0.0');
    case 'get':
      return bulk(values[key]);
    default:
      return ':1\r\n';
  }
}

function bulk(text: string | undefined): string {
  return text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** Commands are lists of texts: `*2`, and of each its length and itself. */
function commandsIn(text: string): { commands: string[][]; left: string } {
  const commands: string[][] = [];
  let left = text;
  for (;;) {
    const [first = '', ...lines] = left.split('\r\n');
    const count = Number(first.slice(1)) * 2;
    if (first === '' || lines.length <= count) return { commands, left };
    commands.push(lines.slice(0, count).filter((_, index) => index % 2 === 1));
    left = lines.slice(count).join('\r\n');
  }
}
