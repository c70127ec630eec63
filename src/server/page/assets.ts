import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BackendError } from '../../store/backend-error.js';
import type { ApiReply, ApiRequest, Route } from '../routes.js';

/** Where `npm run build` puts the page, from here and from what is compiled of this alike. */
const FOLDER = new URL('../../../dist/ui/', import.meta.url);

/**
 * What the page may load: its own files, and the API beside them. Pictures of charts are made in the page (`blob:`,
 * `data:`). Nothing inline runs, so that the name of a flag could do nothing even where it were taken for markup.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
};

/** Their names hold a hash of what is in them. */
const ASSET_HEADERS = { 'cache-control': 'public, max-age=31536000, immutable' };

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Asset {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** The page and its files. They tell nothing of the data, so that a browser may load them and then ask for a token. */
export function assetRoutes(folder: URL = FOLDER): Route[] {
  const assets = createAssets(folder);
  const page = async (request: ApiRequest): Promise<ApiReply> => {
    const html = (await assets()).get('index.html');
    if (html !== undefined) return reply(request, html, PAGE_HEADERS);
    throw new BackendError('not-found', 'The page is not built: run npm run build. The API is at /api/v1.');
  };
  const asset = async (request: ApiRequest): Promise<ApiReply> => {
    const name = request.path['file'] ?? '';
    const found = (await assets()).get(`assets/${name}`);
    if (found !== undefined) return reply(request, found, ASSET_HEADERS);
    throw new BackendError('not-found', `The page has no file ${JSON.stringify(name)}: load it anew.`);
  };
  return [
    { method: 'GET', path: '/', open: true, handle: page },
    { method: 'GET', path: '/flags/:key', open: true, handle: page },
    { method: 'GET', path: '/assets/:file', open: true, handle: asset },
  ];
}

/** The page's files, read and compressed when they are first asked for; those of a package do not change. */
function createAssets(folder: URL): () => Promise<ReadonlyMap<string, Asset>> {
  let read: Promise<ReadonlyMap<string, Asset>> | undefined;
  return () => {
    read ??= readAssets(folder);
    return read;
  };
}

async function readAssets(folder: URL): Promise<ReadonlyMap<string, Asset>> {
  const files = await readdir(new URL('assets/', folder)).catch(() => []);
  const names = ['index.html', ...files.map((file) => `assets/${file}`)];
  const assets = await Promise.all(
    names.map(async (name): Promise<[string, Asset][]> => {
      const contentType = TYPES[extname(name)];
      const plain = await readFile(new URL(name, folder)).catch(() => undefined);
      if (contentType === undefined || plain === undefined) return [];
      return [[name, { contentType, plain, gzipped: await promisify(gzip)(plain) }]];
    }),
  );
  return new Map(assets.flat());
}

function reply(
  { headers }: ApiRequest,
  { contentType, plain, gzipped }: Asset,
  own: Readonly<Record<string, string>>,
): ApiReply {
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(
    headers['accept-encoding']?.toString() ?? '',
  );
  return {
    status: 200,
    contentType,
    body: takesGzip ? gzipped : plain,
    headers: { ...own, vary: 'accept-encoding', ...(takesGzip ? { 'content-encoding': 'gzip' } : {}) },
  };
}
