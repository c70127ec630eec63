// Writes docs/sdks.md from the subjects of the conformance suite, which proves every line of it. `npm run docs`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SUBJECTS = join(ROOT, 'test/sdks');
const PAGE = join(ROOT, 'docs/sdks.md');

/** Columns of the table: fields of an evaluation, as readers know them. */
const FIELDS = {
  variant: 'variant',
  reason: 'reason',
  targetingKey: 'unit',
  setId: 'set',
  version: 'version',
  errorType: 'error type',
};

/** What the suite's cases are called on the page. */
const CASES = {
  string: 'Text flags',
  number: 'Number flags',
  object: 'Object flags',
  off: 'A flag that is off',
  override: 'A unit that is targeted individually',
  missing: 'A missing flag',
  wrongType: 'A wrong type',
  notReady: 'Not ready',
};

/**
 * The page as it has to be.
 *
 * @returns {Promise<string>}
 */
export async function sdksPage() {
  const { peerDependencies } = readJson(join(ROOT, 'package.json'));
  const subjects = await subjectsOf();
  const rows = subjects.map((subject) => `| ${cellsOf(subject).join(' | ')} |`);
  return [
    ...HEAD,
    `| SDK | add | ${Object.values(FIELDS).join(' | ')} |`,
    `|---|---|${'---|'.repeat(Object.keys(FIELDS).length)}`,
    ...rows,
    '',
    ...MIDDLE,
    ...subjects.flatMap((subject) => sectionOf(subject, peerDependencies)),
    ...TAIL,
    '',
  ].join('\n');
}

const HEAD = [
  '<!-- Written by `npm run docs` from test/sdks; a test fails where the two differ. -->',
  '',
  '# Flag SDKs',
  '',
  'Whichever SDK evaluates your flags, one line makes every evaluation visible: `feature_flags.<key>` on the entry span,',
  'the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and latency and errors by variant.',
  'The result your application gets is never changed, and nothing waits.',
  '',
];

const MIDDLE = [
  'yes: the SDK tells it, and it is written. no: it does not; the section of the SDK says why. The unit is who the flag was',
  'evaluated for: it is never written in the clear, unless you ask for it ([privacy](privacy-and-limits.md)).',
  '',
  'Every line of this page is a test on the real SDK without a network (`test/conformance`): key, variant, assignment,',
  'reason, provider, version and error type; boolean, text, number and object flags; missing flags, wrong types, an SDK that',
  'is not ready; inside and outside an operation, two operations at once; attached twice, detached; the result untouched.',
  '',
  'The functions `observe...` take the options `records`, `values` and `errorMessages` ([configuration](configuration.md))',
  'last. Those that take a client return a function that detaches. Given a client of another SDK they throw, and say which',
  'function fits; with a version outside the range they warn once and go on.',
  '',
  'An SDK behind OpenFeature: take the line of OpenFeature or that of the SDK, not both, or each evaluation is written twice.',
  '',
];

const TAIL = [
  '## Anything else',
  '',
  '`record()` takes an evaluation of any other SDK, or of your own code, with the same checks:',
  '',
  '```js',
  "import { record } from 'telltale';",
  '',
  "record({ key: 'cart-size', variant: 'large', reason: 'split', provider: 'in-house', targetingKey: user.id });",
  '```',
  '',
  'Only the key has to be there. Call it where the flag was evaluated, so that it finds its operation. It never throws: what',
  'is no evaluation is counted in `telltale.dropped{reason=malformed_evaluation}`, with one warning.',
];

async function subjectsOf() {
  const files = readdirSync(SUBJECTS).filter((file) => file !== 'subject.ts');
  const modules = await Promise.all(files.map((file) => import(join(SUBJECTS, file))));
  return modules
    .map(({ subject }) => subject)
    .sort((one, other) => one.title.localeCompare(other.title, 'en'));
}

function cellsOf(subject) {
  const { title, entry, line, without } = subject;
  const given = Object.keys(FIELDS).map((field) => (without[field] === undefined ? 'yes' : 'no'));
  return [`[${title}](#${anchorOf(title)})`, `\`${line}\` of \`${entry}\``, ...given];
}

function sectionOf(subject, peers) {
  const { title, entry, line, packages, provider, offline, without, notes, cases, split } = subject;
  const [name] = /\b(observe\w+|TelltaleHook)\b/.exec(line) ?? [];
  if (name === undefined) throw new Error(`${title}: "${line}" names nothing that ${entry} exports`);
  const impossible = Object.entries({ ...cases, split }).filter(([, given]) => 'impossible' in given);
  const tested = packages.map((one) => {
    // What an SDK itself depends on is no peer, and comes in the version that the SDK takes.
    const supported = peers[one] === undefined ? '' : ` (supported: \`${peers[one]}\`)`;
    return `${one} ${installedVersion(one)}${supported}`;
  });
  const points = [
    `Tested with ${tested.join(', ')}, offline by ${offline}.`,
    `\`feature_flag.provider.name\` is \`${provider}\`.`,
    ...notes,
    ...Object.entries(without).map(([field, why]) => `No ${FIELDS[field]}: ${why}`),
    ...impossible.map(([one, given]) => `${CASES[one] ?? 'A split'}: ${given.impossible}`),
  ];
  return [
    `## ${title}`,
    '',
    '```js',
    `import { ${name} } from '${entry}';`,
    '',
    `${line};`,
    '```',
    '',
    ...points.map((point) => `- ${point}`),
    '',
  ];
}

function installedVersion(name) {
  return readJson(join(ROOT, 'node_modules', name, 'package.json')).version;
}

/** As GitHub makes it of a heading. */
function anchorOf(title) {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(PAGE, await sdksPage());
  // Some SDKs keep a process open.
  process.exit();
}
