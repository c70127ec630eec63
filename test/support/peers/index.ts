import type { Rule } from '../simulation/look.js';
import { FLAGGER } from './flagger.js';
import { GROWTHBOOK } from './growthbook.js';
import { HARNESS } from './harness.js';
import { KAYENTA } from './kayenta.js';

/** Published rules of others, written from their documentation; each file says from what, and what is simplified. */
export const PEERS: readonly Rule[] = [GROWTHBOOK, KAYENTA, FLAGGER, HARNESS];
