import { describe, expect, test } from 'vitest';
import { telltale } from '../support/backend-process.js';

const run = (...args: string[]) => telltale(['simulate', ...args]);

describe('simulate', () => {
  test('says in a sentence what a verdict takes, and nothing on standard error', async () => {
    const { code, stdout, stderr } = await run('--ratio', '5', '--runs', '200');
    expect([code, stderr]).toEqual([0, '']);
    const [, median = '', minutes = '', low = '', high = ''] =
      /^At 1 % of traffic a five-fold error rate \(1 % instead of 0\.2 %\) takes about ([\d,]+) requests \((\d+) min at 1,000 a minute\); half of the runs take ([\d,]+) to ([\d,]+)\.\n/.exec(
        stdout,
      ) ?? [];
    const [requests, lower, upper] = [median, low, high].map((text) => Number(text.replaceAll(',', '')));
    expect(requests).toBeGreaterThan(30_000);
    expect(requests).toBeLessThan(50_000);
    expect(Number(minutes)).toBe((requests ?? 0) / 1000);
    expect(lower).toBeLessThan(requests ?? 0);
    expect(upper).toBeGreaterThan(requests ?? 0);
    expect(stdout).toMatch(new RegExp(`roll-back +200 +100\\.0 % +${low} +${median} +${high}\n`));
    expect(stdout).toMatch(/hold +0 +0\.0 % +- +- +-\n/);
    expect(stdout).toContain('200 simulated releases, seed 1');
  });

  test('gives the same for the same seed, and --json with all that it rests on', async () => {
    const args = ['--ramp', '1%:30m, 10%:2h', '--ratio', '2', '--runs', '20', '--alpha', '0.01', '--json'];
    const [one, again, other] = await Promise.all([
      run(...args, '--seed', '7'),
      run(...args, '--seed', '7'),
      run(...args, '--seed', '8'),
    ]);
    expect(again.stdout).toBe(one.stdout);
    expect(other.stdout).not.toBe(one.stdout);
    const document = JSON.parse(one.stdout);
    expect(document).toMatchObject({
      scenario: {
        steps: [
          { share: 0.01, minutes: 30 },
          { share: 0.1, minutes: 120 },
        ],
        baseRate: 0.002,
        ratio: 2,
        requestsPerMinute: 1000,
        units: null,
        parameters: { alphaHarm: 0.01, alphaSafe: 0.01, marginErrors: 1.5 },
      },
      seed: 7,
      runs: 20,
    });
    const { 'roll-back': back, 'roll-forward': forward, hold } = document.verdicts;
    expect(back.runs + forward.runs + hold.runs).toBe(20);
  });

  test.each([
    [
      ['--for', '10m'],
      /^At 1 % of traffic no effect on errors \(0\.2 % fail\) takes more than the 10,000 requests of 10 min: /,
    ],
    [
      ['--ramp', '5%:10m,50%:2d', '--ratio', '2.5'],
      /^On a ramp of traffic \(5 % for 10 min, 50 % for 2 d\) a 2\.5-fold error rate/,
    ],
    [
      ['--units', '5000', '--share', '0.1', '--ratio', '8', '--base-rate', '1%'],
      /^At 10 % of 5,000 users an eight-fold error rate .*\n[\s\S]*Users keep their variant/,
    ],
  ])('%j', async (args, text) => {
    expect((await run(...args, '--runs', '5')).stdout).toMatch(text);
  });

  test.each([
    [['--share', '1'], '--share must be a share above 0% and below 100%, such as 1% or 0.01; it is "1".'],
    [['--share', 'half'], '--share must be a share'],
    [['--base-rate', '100%'], '--base-rate must be a share from 0% and below 100%'],
    [['--base-rate', '0', '--ratio', '2'], '--ratio 2 of nothing is nothing'],
    [['--base-rate', '30%', '--ratio', '4'], '--base-rate times --ratio must be at most 100%'],
    [['--ratio', '0'], '--ratio must be a number above 0'],
    [['--ramp', '1%'], '--ramp must be shares with how long each lasts, such as 1%:30m,10%:2h; it is "1%".'],
    [['--ramp', '1%:30'], 'such as 300ms, 1.5s, 10m, 1h or 7d; it is "30".'],
    [['--ramp', '1%:30m', '--for', '1h'], 'leave --for out'],
    [['--ramp', '1%:4d,2%:4d'], '--ramp must last at most 7d in all'],
    [['--for', '8d'], '--for must last at most 7d in all'],
    [['--units', '1'], '--units must be a whole number from 2 to 1000000; it is "1".'],
    [['--runs', '0'], '--runs must be a whole number from 1 to 100000'],
    [['--seed', '1.5'], '--seed must be a whole number from 0'],
    [['--requests-per-minute', '1e3'], '--requests-per-minute must be a whole number'],
    [['--alpha', '2'], 'alpha must be a number, above 0 and below 1'],
    [['--slow', '1s'], "Unknown option '--slow'"],
    [['new-checkout'], 'simulate does not take "new-checkout"'],
  ])('%j ends with 64', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout, stderr]).toEqual([64, '', expect.stringContaining(text)]);
  });
});
