import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import { expect, it } from 'vitest';
import { getRpcMetadata } from '../../src/core/rpc-metadata.js';

it("reads the very object that @opentelemetry/core's setRPCMetadata put there", () => {
  const metadata = { type: RPCType.HTTP, span: trace.getTracer('test').startSpan('GET') };
  expect(getRpcMetadata(setRPCMetadata(ROOT_CONTEXT, metadata))).toBe(metadata);
});

it('has none where there is none', () => {
  expect(getRpcMetadata(ROOT_CONTEXT)).toBeUndefined();
});
