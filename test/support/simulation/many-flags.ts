import { createRandom } from '../../../src/simulation/random.js';
import { eBenjaminiHochberg, judge } from '../../../src/stats/index.js';
import { PEERS } from '../peers/index.js';
import { type Block, cellsOf, evidenceOf, type Look, type Verdict } from './look.js';
import { percent } from './rates-table.js';
import { constant, drawBlock, type RequestTraffic } from './request-traffic.js';

/** An overview of flags, a few of them harmful, looked at again and again. */
export interface Overview {
  readonly seed: number;
  readonly flags: number;
  readonly harmful: number;
  readonly looks: number;
  readonly ratio: number;
}

/** What one way to draw up the list of harmful flags came to. */
export interface Listed {
  readonly rule: string;
  /** Share of the listed flags that are harmless, in the mean over the runs, at the look where it is largest. */
  readonly falseShare: number;
  /** Share of the harmful flags that are listed at the last look. */
  readonly found: number;
}

const TARGET = Math.log(20);

interface Tally {
  readonly falseShares: number[];
  found: number;
}

export function simulateOverview(overview: Overview, runs: number): Listed[] {
  const names = ['telltale, e-BH', 'E of each flag alone, >= 20', ...PEERS.map(({ name }) => name)];
  const tallies = names.map(
    (): Tally => ({ falseShares: new Array<number>(overview.looks).fill(0), found: 0 }),
  );
  for (let run = 0; run < runs; run++) {
    const flags = Array.from({ length: overview.flags }, (_, flag) => createFlag(overview, run, flag));
    for (let look = 0; look < overview.looks; look++) {
      const seen = flags.map((flag) => flag(look));
      const adjusted = eBenjaminiHochberg(seen.map(({ logE }) => logE));
      const lists = [
        adjusted.map((logE) => logE >= TARGET),
        seen.map(({ logE }) => logE >= TARGET),
        ...PEERS.map((_, peer) => seen.map(({ peers }) => peers[peer] === 'roll-back')),
      ];
      for (const [i, list] of lists.entries()) count(tallies[i], list, look, overview);
    }
  }
  return names.map((rule, i) => {
    const { falseShares, found } = tallies[i] ?? { falseShares: [], found: 0 };
    return { rule, falseShare: Math.max(...falseShares) / runs, found: found / runs / overview.harmful };
  });
}

/** The first flags are the harmful ones. */
function count(tally: Tally | undefined, list: readonly boolean[], look: number, overview: Overview): void {
  if (tally === undefined) return;
  const listed = list.filter(Boolean).length;
  const right = list.slice(0, overview.harmful).filter(Boolean).length;
  tally.falseShares[look] = (tally.falseShares[look] ?? 0) + (listed - right) / Math.max(1, listed);
  if (look === overview.looks - 1) tally.found += right;
}

interface Seen {
  readonly logE: number;
  readonly peers: readonly Verdict[];
}

function createFlag(
  { seed, flags, harmful, looks, ratio }: Overview,
  run: number,
  flag: number,
): (look: number) => Seen {
  const next = createRandom(seed, run * flags + flag);
  const traffic: RequestTraffic = {
    seed,
    blocks: looks,
    perBlock: constant(2000),
    share: constant(0.5),
    rate: constant(0.005),
    ratio: constant(flag < harmful ? ratio : 1),
    isLook: () => true,
  };
  const blocks: Block[] = [];
  const peers = PEERS.map((rule) => latched(rule.begin(looks)));
  return (look) => {
    blocks.push(drawBlock(traffic, look, run, next));
    const evidence = evidenceOf(cellsOf(blocks));
    const now: Look = { blocks, evidence, last: look === looks - 1 };
    const { errors } = judge(evidence);
    return { logE: errors?.logEHarm ?? 0, peers: peers.map((peer) => peer(now)) };
  };
}

/** What was rolled back stays so: these rules are not asked again. */
function latched(decide: (look: Look) => Verdict): (look: Look) => Verdict {
  let back = false;
  return (look) => {
    if (back) return 'roll-back';
    const verdict = decide(look);
    back = verdict === 'roll-back';
    return verdict;
  };
}

/** What the lists came to, as lines of text. */
export function listedText(listed: readonly Listed[], runs: number): string {
  const lines = listed.map(
    ({ rule, falseShare, found }) =>
      `  ${rule.padEnd(38)} ${percent(falseShare).padStart(10)}${percent(found).padStart(10)}`,
  );
  const heading = `an overview of flags, a few of them harmful (${runs} runs)`;
  return [heading, `  ${'list'.padEnd(38)} ${'false'.padStart(10)}${'found'.padStart(10)}`, ...lines].join(
    '\n',
  );
}

/** The same as Markdown. */
export function listedTable(listed: readonly Listed[]): string {
  const rows = listed.map(
    ({ rule, falseShare, found }) => `| ${rule} | ${percent(falseShare)} | ${percent(found)} |`,
  );
  return ['| | of the list is harmless | of the harmful are listed |', '|---|---|---|', ...rows].join('\n');
}
