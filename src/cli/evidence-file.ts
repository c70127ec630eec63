import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Evidence } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';

/** 10,000 cells with histograms of 160 buckets take 40 MiB; so much is parsed in half a GiB of memory. */
const LARGEST_BYTES = 64 * 2 ** 20;

/** How messages name a file: `-` is standard input. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/**
 * What is written in a file, or comes on standard input for `-`: JSON, of which nothing is believed yet.
 *
 * @throws BackendError `usage`, naming the file and how to mend it
 */
export async function readEvidence(file: string): Promise<Evidence> {
  const text = decode(await readBytes(file), file);
  if (text.trim() === '') {
    throw unusable(file, 'is empty; write it with `telltale compare FLAG --evidence FILE`');
  }
  try {
    return JSON.parse(text) as Evidence;
  } catch (error) {
    throw unusable(file, `is not JSON: ${(error as Error).message}`);
  }
}

/** A pipe says nothing of its size beforehand, so every source is counted as it comes. */
async function readBytes(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > LARGEST_BYTES) break;
    }
  } catch (error) {
    throw unusable(file, `cannot be read: ${(error as Error).message}`);
  }
  if (size > LARGEST_BYTES) {
    throw unusable(
      file,
      `is larger than ${LARGEST_BYTES / 2 ** 20} MiB: sum its cells over routes, or give counts \`slow\` for histograms`,
    );
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, file: string): string {
  try {
    // Takes a byte-order mark away, which JSON.parse would not.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unusable(file, 'is not UTF-8; write it as such');
  }
}

/** @throws BackendError `usage` where the file cannot be written */
export async function writeEvidence(file: string, evidence: Evidence): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(evidence, null, 2)}\n`);
  } catch (error) {
    throw unusable(file, `cannot be written: ${(error as Error).message}`);
  }
}

function unusable(file: string, what: string): BackendError {
  return new BackendError('usage', `${nameOf(file)} ${what}.`);
}
