import type { RequestListener } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { flagObservability as forHttp } from '../../src/http/node.js';
import { evaluate } from '../support/app-operation.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { unhandledDuring } from '../support/app-unhandled.js';
import { serve } from '../support/framework-server.js';

let sdk: Sdk;

beforeEach(() => {
  sdk = installSdk();
});

describe('the request listener of node:http', () => {
  it('refuses what is no function', () => {
    expect(() => forHttp({} as never)).toThrow('takes the request listener, got object');
  });

  it('hands on what the listener throws, and rejects as its promise does', async () => {
    const error = new RangeError('the till is on fire');
    const caught: unknown[] = [];
    const now = forHttp(() => {
      evaluate();
      throw error;
    });
    const later = forHttp(async () => {
      evaluate();
      throw error;
    });
    const listener: RequestListener = async (request, response) => {
      try {
        await (request.url === '/now' ? now : later)(request, response);
      } catch (one) {
        caught.push(one);
      }
      response.writeHead(500).end();
    };
    await serve(listener, '/now');
    await serve(listener, '/later');
    expect(caught).toEqual([error, error]);
    const records = sdk.logs.getFinishedLogRecords();
    expect(records.map(({ attributes }) => attributes['exception.type'])).toEqual([
      'RangeError',
      'RangeError',
    ]);
  });

  it('leaves a rejection unhandled that nobody handles, and makes none of one that is', async () => {
    const error = new RangeError('the till is on fire');
    const rejecting = forHttp(async (_request, response) => {
      response.end();
      throw error;
    });
    expect(await unhandledDuring(() => serve((...args) => void rejecting(...args), '/'))).toEqual([error]);
    const handled: RequestListener = (...args) => void rejecting(...args).catch(() => {});
    expect(await unhandledDuring(() => serve(handled, '/'))).toEqual([]);
  });

  it("runs the request's events in its scope, and the listener with its `this`", async () => {
    let self: unknown;
    const listener = forHttp(function (this: unknown, request, response) {
      self = this;
      request.on('data', () => evaluate('data'));
      request.on('end', () => {
        evaluate('end');
        response.end('ok');
      });
    });
    const owner = {};
    await serve((...args) => listener.apply(owner, args), '/', { method: 'POST', body: ['a', 'b'] });
    const points = await sdk.points('telltale.operation.duration');
    expect(points.map(({ attributes }) => attributes['feature_flag.key'])).toEqual(['data', 'end']);
    expect(self).toBe(owner);
  });
});
