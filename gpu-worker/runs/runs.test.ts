import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobInput } from '../../schema/messages/job.js';
import { IngestResult } from '../../schema/messages/profile.js';
import { ModelCard } from '../../schema/messages/model-card.js';
import type { Output, ReportBody } from '../../schema/messages/report.js';
import { Ranking } from '../../schema/messages/ranking.js';
import { SearchRanking } from '../../schema/messages/search-ranking.js';
import { Completion } from '../../schema/messages/completion.js';
import {
  CompleteConfig,
  RecommendConfig,
  SearchConfig,
  type InputRole,
  type OutputKind,
  type RunConfig,
} from '../../schema/messages/run-config.js';
import { Evaluation } from '../../schema/messages/scores.js';
import { recommenderOf } from '../recommenders/recommenders.js';
import { readServedRanker } from '../recommenders/search/served-ranker.js';
import type { TestJob } from '../testing/gateway-side.js';
import { startRunWorker, type RunWorker } from '../testing/run-worker.js';

const pool = 'runs';
let running: RunWorker | undefined;
let gateway: RunWorker['gateway'];
let worker: RunWorker['worker'];

beforeAll(async () => {
  running = await startRunWorker(pool);
  ({ gateway, worker } = running);
}, 60_000);

afterAll(() => running?.stop());

/** 300 visits with a relation between their columns. */
const CSV = [
  'visitor,pages,seconds,country,bought',
  ...Array.from({ length: 300 }, (_, row) => {
    const pages = 1 + ((row * 7) % 12);
    const country = ['de', 'fr', 'it'][row % 3];
    return `v${row},${pages},${(pages * 11.5 + (row % 5)).toFixed(2)},${country},${pages > 8 ? 'yes' : 'no'}`;
  }),
].join('\n');

function inputOf(role: InputRole, content: Buffer, rest: Partial<JobInput> = {}): JobInput {
  return { role, ...gateway.store(content), fileName: 'visits.csv', label: 'visits v1', ...rest };
}

async function run(config: RunConfig, inputs: JobInput[], rest: Partial<TestJob> = {}) {
  const job = await gateway.dispatch({ config, inputs, ...rest }, pool);
  return { job, end: await gateway.end(job) };
}

function contentOf(end: ReportBody, kind: OutputKind): Buffer {
  if (end.type !== 'succeeded') throw new Error(`the run ended with ${JSON.stringify(end)}: ${worker.log}`);
  const output = end.outputs.find((candidate: Output) => candidate.kind === kind);
  const content = output && gateway.objects.get(output.key);
  if (!content) throw new Error(`there is no ${kind}`);
  expect(content.length).toBe(output.bytes);
  expect(createHash('sha256').update(content).digest('hex')).toBe(output.sha256);
  return content;
}

const INGEST = { kind: 'INGEST', fileName: 'visits.csv', columnKinds: {} } as const;
const SYNTHESIZE = {
  kind: 'SYNTHESIZE',
  generator: 'autoregressive',
  options: { epochs: 2 },
  rows: 50,
} as const;

describe('a worker', () => {
  it('ingests a file into a table and its profile, through refusals of the object store', async () => {
    gateway.refusals.push(503, 403);
    const { end } = await run(INGEST, [inputOf('FILE', Buffer.from(CSV))]);
    const found = IngestResult.parse(JSON.parse(contentOf(end, 'PROFILE').toString()));
    expect(found.rows).toBe(300);
    expect(found.columns.map(({ name }) => name)).toEqual([
      'visitor',
      'pages',
      'seconds',
      'country',
      'bought',
    ]);
    expect(contentOf(end, 'TABLE').subarray(0, 4).toString()).toBe('PAR1');
    expect(end).toMatchObject({ type: 'succeeded', rows: 300 });
    expect(Object.keys((end as Extract<ReportBody, { type: 'succeeded' }>).stepSeconds)).toEqual([
      'load',
      'profile',
      'publish',
    ]);
  });

  it('says where an uploaded file is wrong', async () => {
    const { end } = await run(INGEST, [inputOf('FILE', Buffer.from('a,b\n1,2\n3,4,5\n'))]);
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'INVALID_FILE', location: { line: 3 } } });
  });

  it('tells a deleted input from an outage', async () => {
    const input = inputOf('FILE', Buffer.from(CSV));
    gateway.objects.clear();
    const { end } = await run(INGEST, [input]);
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'INPUT_DELETED' } });
  });

  it('does not take an input whose content is another one than promised', async () => {
    const { end } = await run(INGEST, [inputOf('FILE', Buffer.from(CSV), { sha256: '0'.repeat(64) })]);
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'INTERNAL' } });
    expect(JSON.stringify(end)).not.toContain('SHA');
  });

  it('refuses outputs beyond the limit of the run', async () => {
    const { end } = await run(INGEST, [inputOf('FILE', Buffer.from(CSV))], { maxOutputBytes: 100 });
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'LIMIT_EXCEEDED' } });
  });

  it('tells that the object store is full, and does not wait for it', async () => {
    gateway.refusals.push(507);
    const { end } = await run(INGEST, [inputOf('FILE', Buffer.from(CSV))]);
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'DISK_FULL' } });
  });

  it('starts from the beginning when the last checkpoint is gone', async () => {
    const checkpoint = gateway.store(Buffer.from('{"points":5}'));
    gateway.objects.clear();
    const lastMetricSteps = { 'probe/value': 7 };
    const config = { kind: 'PROBE', seconds: 0.1, pointsPerSecond: 100 } as const;
    const { job, end } = await run(config, [], { checkpoint, lastMetricSteps });
    expect(end).toMatchObject({ type: 'succeeded' });
    expect(gateway.pointsOf(job).map(({ step }) => step)).toEqual([8, 9, 10]);
  });

  it('names the option that a generator can not have', async () => {
    const { end } = await run({ ...SYNTHESIZE, options: { epoch: 2 } }, []);
    expect(end).toMatchObject({
      type: 'failed',
      failure: { code: 'INVALID_CONFIG', location: { field: 'options.epoch' } },
    });
  });

  it('synthesizes the same file from the same seed, with a model, scores and a report', async () => {
    const ingested = await run(INGEST, [inputOf('FILE', Buffer.from(CSV))]);
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const table = (role: InputRole, content: Buffer) => inputOf(role, content, { columns });
    const parquet = contentOf(ingested.end, 'TABLE');

    const first = await run(SYNTHESIZE, [table('TABLE', parquet)]);
    const second = await run(SYNTHESIZE, [table('TABLE', parquet)]);
    const csv = contentOf(first.end, 'SYNTHETIC_CSV');
    expect(csv.toString().trimEnd().split('\n')).toHaveLength(51);
    expect(contentOf(second.end, 'SYNTHETIC_CSV').equals(csv)).toBe(true);
    const synthetic = contentOf(first.end, 'SYNTHETIC_PARQUET');
    expect(contentOf(second.end, 'SYNTHETIC_PARQUET').equals(synthetic)).toBe(true);
    expect(Evaluation.parse(JSON.parse(contentOf(first.end, 'SCORES').toString())).rows.synthetic).toBe(50);
    expect(contentOf(first.end, 'REPORT').toString()).toContain('visits v1');
    expect(gateway.pointsOf(first.job).map(({ name }) => name)).toContain('train/loss');
    expect(first.end).toMatchObject({ metricPoints: gateway.pointsOf(first.job).length, rows: 50 });

    const model = inputOf('MODEL', contentOf(first.end, 'MODEL'), { fileName: 'model.safetensors' });
    const more = await run({ kind: 'SAMPLE', rows: 50 }, [model]);
    expect(contentOf(more.end, 'SYNTHETIC_CSV').equals(csv)).toBe(true);

    const scored = await run({ kind: 'EVALUATE' }, [table('REAL', parquet), table('SYNTHETIC', synthetic)]);
    expect(Evaluation.parse(JSON.parse(contentOf(scored.end, 'SCORES').toString())).rows.real).toBe(300);
  }, 60_000);

  it('synthesizes rows that obey constraints, samples such rows later, and counts those that do not', async () => {
    const ingested = await run(INGEST, [inputOf('FILE', Buffer.from(CSV))]);
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const table = inputOf('TABLE', contentOf(ingested.end, 'TABLE'), { columns });
    const constraints = [
      { type: 'formula' as const, column: 'bought', equals: 'pages > 8' },
      { type: 'inequality' as const, low: 'pages', high: 'seconds', strict: true },
      { type: 'unique' as const, columns: ['visitor'] },
    ];
    const breaks = (csv: Buffer) => {
      const rows = csv
        .toString()
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
      const keys = new Set(rows.map(([visitor]) => visitor));
      return {
        rows: rows.length,
        repeated: rows.length - keys.size,
        broken: rows.filter(
          ([, pages, seconds, , bought]) =>
            Number(pages) >= Number(seconds) || Number(pages) > 8 !== (bought === 'yes'),
        ).length,
      };
    };
    const made = await run({ ...SYNTHESIZE, constraints }, [table]);
    expect(breaks(contentOf(made.end, 'SYNTHETIC_CSV'))).toEqual({ rows: 50, repeated: 0, broken: 0 });
    const { scores } = Evaluation.parse(JSON.parse(contentOf(made.end, 'SCORES').toString()));
    expect(scores.find(({ name }) => name === 'constraintBreaks')).toMatchObject({ value: 0, reference: 0 });
    expect(contentOf(made.end, 'REPORT').toString()).toContain('bought = pages &gt; 8');
    const card = ModelCard.parse(JSON.parse(contentOf(made.end, 'MODEL_CARD').toString()));
    expect(card).toMatchObject({
      data: { label: 'visits v1', rows: 300, rowsLeftOut: 0 },
      model: {
        generator: 'autoregressive',
        options: { epochs: 2, bins: 50 },
        seed: made.job.seed,
        constraints,
      },
    });
    expect(card.scores.map(({ name }) => name)).toContain('constraintBreaks');
    expect(card.limits.join(' ')).toContain('they need a holdout');

    const model = inputOf('MODEL', contentOf(made.end, 'MODEL'), { fileName: 'model.safetensors' });
    const more = await run({ kind: 'SAMPLE', rows: 70 }, [model]);
    expect(breaks(contentOf(more.end, 'SYNTHETIC_CSV'))).toEqual({ rows: 70, repeated: 0, broken: 0 });

    const never = [{ type: 'range' as const, column: 'pages', min: 10 }];
    const refused = await run({ ...SYNTHESIZE, constraints: never }, [table]);
    expect(refused.end).toMatchObject({
      type: 'failed',
      failure: { code: 'INVALID_FILE', location: { field: 'constraints.0', column: 'pages' } },
    });
    const dropped = await run({ ...SYNTHESIZE, constraints: never, violations: 'drop' }, [table]);
    expect(contentOf(dropped.end, 'REPORT').toString()).toContain('of 300 real rows break a constraint');

    const real = { ...table, role: 'REAL' as const };
    const synthetic = inputOf('SYNTHETIC', contentOf(made.end, 'SYNTHETIC_PARQUET'), { columns });
    const judged = await run({ kind: 'EVALUATE', constraints: never }, [real, synthetic]);
    const found = Evaluation.parse(JSON.parse(contentOf(judged.end, 'SCORES').toString()));
    const score = found.scores.find(({ name }) => name === 'constraintBreaks')!;
    expect(score.reference).toBeCloseTo(0.75, 1);
    expect(score.value).toBeGreaterThan(0.3);
  }, 60_000);

  it('prepares a table before it learns, tells what it did, and undoes it in rows that are sampled later', async () => {
    const lines = CSV.split('\n');
    // A missing number, a value that one row has, and one far out.
    lines[3] = 'v2,,34.50,it,no';
    lines[4] = 'v3,9,9999.00,li,yes';
    const ingested = await run(INGEST, [inputOf('FILE', Buffer.from(lines.join('\n')))]);
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const table = inputOf('TABLE', contentOf(ingested.end, 'TABLE'), { columns });
    const preparation = [
      { type: 'bounds' as const, column: 'seconds', minimum: 0, maximum: 150 },
      { type: 'dropRows' as const, missingIn: ['pages'] },
      { type: 'rareCategories' as const, columns: ['country'], minimumSupport: 3, as: 'label' as const },
      { type: 'derive' as const, column: 'minutes', formula: 'round(seconds / 60, 1)' },
      { type: 'scale' as const, columns: ['pages', 'seconds'], method: 'minMax' as const, keep: false },
    ];
    const requireKept = (csv: Buffer, count: number) => {
      const [header, ...rows] = csv.toString().trimEnd().split('\n');
      expect(header).toBe('visitor,pages,seconds,country,bought,minutes');
      expect(rows).toHaveLength(count);
      for (const row of rows) {
        expect(row).toMatch(/^\w+,\d+,\d+\.\d\d,(de|fr|it|other),(yes|no),\d+(\.\d)?$/);
        const cells = row.split(',');
        expect(Number(cells[2])).toBeLessThanOrEqual(150);
        expect(Math.abs(Number(cells[5]) - Number(cells[2]) / 60)).toBeLessThan(0.0501);
      }
    };
    const made = await run({ ...SYNTHESIZE, preparation }, [table]);
    requireKept(contentOf(made.end, 'SYNTHETIC_CSV'), 50);
    const card = ModelCard.parse(JSON.parse(contentOf(made.end, 'MODEL_CARD').toString()));
    expect(card.data).toMatchObject({ rows: 299, rowsLeftOut: 1 });
    expect(card.data.preparation.map(({ step }) => step)).toEqual(preparation);
    expect(card.data.preparation.map(({ rowsDropped }) => rowsDropped)).toEqual([0, 1, 0, 0, 0]);
    expect(card.data.preparation[0]!.columns).toEqual([{ name: 'seconds', cells: 1 }]);
    expect(card.data.preparation[2]!.columns).toEqual([
      { name: 'country', cells: 1, note: 'keeps 3 of its values' },
    ]);
    expect(card.limits.join(' ')).toContain('dropped 1 of 300 real rows and changed 2 cells');
    expect(contentOf(made.end, 'REPORT').toString()).toMatch(
      /<dt>Preparation, step 2<\/dt>\s*<dd>drop rows without pages: 1 row<\/dd>/,
    );
    const { scores } = Evaluation.parse(JSON.parse(contentOf(made.end, 'SCORES').toString()));
    expect(scores.find(({ name }) => name === 'constraintBreaks')).toMatchObject({ value: 0 });

    const model = inputOf('MODEL', contentOf(made.end, 'MODEL'), { fileName: 'model.safetensors' });
    const more = await run({ kind: 'SAMPLE', rows: 20, where: [{ column: 'pages', in: ['3'] }] }, [model]);
    requireKept(contentOf(more.end, 'SYNTHETIC_CSV'), 20);
    expect(
      contentOf(more.end, 'SYNTHETIC_CSV')
        .toString()
        .match(/^\w+,3,/gm),
    ).toHaveLength(20);

    const nothing = [{ type: 'dropRows' as const, where: 'pages > 0' }];
    const refused = await run({ ...SYNTHESIZE, preparation: [preparation[1]!, ...nothing] }, [table]);
    expect(refused.end).toMatchObject({
      type: 'failed',
      failure: { code: 'INSUFFICIENT_DATA', location: { field: 'preparation.1.where' } },
    });
  }, 60_000);

  it('trains a recommender on a log, alone and with synthetic users, and scores it on what it was not shown', async () => {
    const csv = (users: string, count: number) =>
      [
        'user_id,event_time,product_id',
        ...Array.from({ length: count * 6 }, (_, row) => {
          const [user, event] = [Math.floor(row / 6), row % 6];
          const time = new Date(Date.UTC(2026, 0, 1 + event, 8, user % 60)).toISOString().slice(0, 19);
          // Everybody goes from one product to the next of twelve.
          return `${users}${user},${time.replace('T', ' ')},p${(user + event) % 12}`;
        }),
      ].join('\n');
    const logOf = async (text: string) => {
      const ingested = await run({ ...INGEST, columnKinds: { user_id: 'CATEGORY' } }, [
        inputOf('FILE', Buffer.from(text)),
      ]);
      const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
      return { content: contentOf(ingested.end, 'TABLE'), columns };
    };
    const [real, synthetic] = [await logOf(csv('u', 60)), await logOf(csv('s', 36))];
    const inputs = [
      inputOf('REAL', real.content, { columns: real.columns }),
      inputOf('SYNTHETIC', synthetic.content, { columns: synthetic.columns }),
    ];
    const config = RecommendConfig.parse({ kind: 'RECOMMEND', recommender: 'item-knn', cutoffs: [3] });
    const alone = await run(config, inputs.slice(0, 1));
    const ranking = Ranking.parse(JSON.parse(contentOf(alone.end, 'RANKING').toString()));
    expect(ranking).toMatchObject({
      ...{ users: 60, items: 12, realInteractions: 300, syntheticInteractions: 0, tested: 60, cold: 60 },
    });
    const hit = ranking.scores.find(({ measure, group }) => measure === 'HIT_RATE' && group === 'ALL')!;
    expect(hit.score.low).toBeGreaterThan(hit.popularity.high);
    expect(contentOf(alone.end, 'REPORT').toString()).toContain('better than popularity');
    const model = await recommenderOf('item-knn').load(contentOf(alone.end, 'RECOMMENDER'));
    expect(model.rank({ user: 'u0', k: 1 }).items).toHaveLength(1);

    const both = await run({ ...config, trainOn: 'BOTH' }, inputs);
    expect(Ranking.parse(JSON.parse(contentOf(both.end, 'RANKING').toString()))).toMatchObject({
      ...{ users: 60, realInteractions: 300, syntheticInteractions: 216, tested: 60 },
    });
    const instead = await run({ ...config, trainOn: 'SYNTHETIC' }, inputs);
    expect(Ranking.parse(JSON.parse(contentOf(instead.end, 'RANKING').toString()))).toMatchObject({
      ...{ realInteractions: 0, syntheticInteractions: 216, tested: 60 },
    });
  }, 60_000);

  it('trains search rankers on files in the layouts of ESCI and WANDS, and on a table of sales', async () => {
    const ingested = async (fileName: string, lines: readonly string[]) => {
      const { end } = await run({ ...INGEST, fileName }, [
        inputOf('FILE', Buffer.from(lines.join('\n')), { fileName }),
      ]);
      const { columns } = IngestResult.parse(JSON.parse(contentOf(end, 'PROFILE').toString()));
      return (role: InputRole): JobInput =>
        inputOf(role, contentOf(end, 'TABLE'), { columns, label: fileName });
    };
    const search = async (config: object, inputs: JobInput[]) => {
      const asked = SearchConfig.parse({ kind: 'SEARCH', ranker: 'bm25', ...config });
      const { end } = await run(asked, inputs);
      const ranking = SearchRanking.parse(JSON.parse(contentOf(end, 'SEARCH_RANKING').toString()));
      return { ranking, served: await readServedRanker(contentOf(end, 'SEARCH_RANKER')), end };
    };
    const kettles = Array.from(
      { length: 12 },
      (_, at) => `${['steel', 'glass', 'blue'][at % 3]} kettle ${at}`,
    );

    const products = await ingested('products.csv', [
      'product_id,product_title,product_description,product_bullet_point,product_brand,product_color,product_locale',
      ...kettles.map((title, at) => `B${at},${title},"<p>Boils, fast</p>",,Acme,silver,us`),
      'B0,Wasserkocher,,,Acme,,de',
    ]);
    const examples = await ingested('examples.csv', [
      'example_id,query,query_id,product_id,product_locale,esci_label,small_version,large_version,split',
      ...kettles.flatMap((title, at) =>
        ['E', 'S', 'I'].map(
          (label, shift) =>
            `${3 * at + shift},${title} now,${at},B${(at + shift) % 12},us,${label},1,1,${at < 6 ? 'train' : 'test'}`,
        ),
      ),
    ]);
    const esci = await search({ locale: 'us' }, [products('CATALOGUE'), examples('SEARCHES')]);
    expect(esci.ranking).toMatchObject({
      products: 12,
      realQueries: 6,
      tested: [{ queries: 'JUDGED', count: 6 }],
    });
    expect(esci.ranking.notes).toContain('1 row of another locale: left out.');
    const mrr = esci.ranking.scores.find(({ measure }) => measure === 'MRR')!;
    expect(mrr.score.value).toBe(1);
    expect(mrr.beside[0]).toMatchObject({ baseline: 'BM25', difference: { value: 0 } });
    expect(esci.served.textsOf('B3')).toMatchObject({ title: 'steel kettle 3', brand: 'Acme' });
    expect(contentOf(esci.end, 'REPORT').toString()).toContain('NDCG@10 of bm25 is');

    const wands = await search({ among: 'JUDGED' }, [
      (
        await ingested('product.csv', [
          'product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\tproduct_features\trating_count',
          ...kettles.map(
            (title, at) =>
              `${at}\t${title}\tKettles\tKitchen / Kettles\tgood , fast\tcolor : blue|lid : yes\t15.0`,
          ),
        ])
      )('CATALOGUE'),
      (
        await ingested('label.csv', [
          'id\tquery_id\tproduct_id\tlabel',
          ...kettles.flatMap((_, at) => [
            `${2 * at}\t${at}\t${at}\tExact`,
            `${2 * at + 1}\t${at}\t${(at + 1) % 12}\tPartial`,
          ]),
        ])
      )('SEARCHES'),
      (
        await ingested('query.csv', [
          'query_id\tquery\tquery_class',
          ...kettles.map((title, at) => `${at}\t${title}\tKettles`),
        ])
      )('QUERIES'),
    ]);
    expect(wands.ranking).toMatchObject({
      products: 12,
      realQueries: 10,
      tested: [{ queries: 'JUDGED', count: 2 }],
    });
    expect(wands.served.textsOf('4')).toMatchObject({
      title: 'glass kettle 4',
      category: 'Kettles / Kitchen / Kettles',
    });

    const sales = await ingested('sales.csv', [
      'InvoiceNo,StockCode,Description,Quantity',
      ...kettles.flatMap((title, at) => [
        `1${at},S${at},${title},2`,
        `2${at},S${at},${title},1`,
        `3${at},S${at},${title} polished,1`,
      ]),
    ]);
    const small = { width: 16, hiddenUnits: 8, buckets: 1024, epochs: 1, batchSize: 4 };
    const known = await search({ ranker: 'two-tower', options: small, testShare: 0.3 }, [sales('CATALOGUE')]);
    expect(known.ranking).toMatchObject({ products: 12, heldOutProducts: 4, realQueries: 8 });
    expect(known.ranking.tested).toEqual([
      { queries: 'ALL', count: 12 },
      { queries: 'SPELLING', count: 4 },
      { queries: 'PREFIX', count: 4 },
      { queries: 'TYPING_ERROR', count: 4 },
    ]);
    expect(known.ranking.notes).toContain('12 products are written in several ways.');
    // Held out of learning, but not of the catalogue that it answers from.
    expect(known.served.model.products).toHaveLength(12);
    expect(known.served.model.rank('steel kettle 3', 3).map(({ id }) => id)).toContain('S3');
  }, 90_000);

  it('withholds from a generator what a recommender is tested on, and tells whether that was so', async () => {
    // Everybody ends on an item that nobody has before.
    const csv = [
      'user_id,event_time,product_id',
      ...Array.from({ length: 240 }, (_, row) => {
        const [user, event] = [Math.floor(row / 6), row % 6];
        const item = event === 5 ? `secret${user % 4}` : `p${(user + event) % 8}`;
        return `u${user},2026-01-0${1 + event} 08:${String(user).padStart(2, '0')}:00,${item}`;
      }),
    ].join('\n');
    const ingested = await run({ ...INGEST, columnKinds: { user_id: 'CATEGORY' } }, [
      inputOf('FILE', Buffer.from(csv)),
    ]);
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const log = contentOf(ingested.end, 'TABLE');
    const made = await run(
      {
        kind: 'SYNTHESIZE',
        generator: 'sessions',
        options: { epochs: 1, width: 8, batchSize: 16 },
        withhold: {},
      },
      [inputOf('TABLE', log, { columns })],
    );
    for (const kind of ['SYNTHETIC_CSV', 'MODEL'] as const)
      expect(contentOf(made.end, kind).toString('latin1')).not.toContain('secret');
    expect(made.end).toMatchObject({ rows: 200 });
    const card = ModelCard.parse(JSON.parse(contentOf(made.end, 'MODEL_CARD').toString()));
    expect(card.data).toMatchObject({
      ...{ rows: 200, rowsLeftOut: 40 },
      withheld: { rows: 40, what: 'the last item of each user' },
    });
    expect(contentOf(made.end, 'REPORT').toString()).toMatch(
      /<dt>Withheld from the generator<\/dt>\s*<dd>the last item of each user</,
    );

    const real = inputOf('REAL', log, { columns });
    const synthetic = inputOf('SYNTHETIC', contentOf(made.end, 'SYNTHETIC_PARQUET'), { columns });
    const config = RecommendConfig.parse({ kind: 'RECOMMEND', recommender: 'popularity', trainOn: 'BOTH' });
    const noteOf = async (learntFrom: JobInput['learntFrom']): Promise<string> => {
      const { end } = await run(config, [real, { ...synthetic, learntFrom }]);
      return Ranking.parse(JSON.parse(contentOf(end, 'RANKING').toString())).notes[0] ?? '';
    };
    const { sha256 } = real;
    expect(await noteOf({ sha256, withheld: {} })).toContain('was withheld from the generator');
    expect(await noteOf({ sha256 })).toContain('has seen the very events');
  }, 60_000);

  it('synthesizes a whole event log, makes more of it later, and scores logs by their columns’ roles', async () => {
    const csv = [
      'user_id,event_time,product_id,event_type',
      ...Array.from({ length: 240 }, (_, row) => {
        const [user, event] = [Math.floor(row / 6), row % 6];
        const time = new Date(Date.UTC(2026, 0, 1 + (user % 9), 8, event)).toISOString().slice(0, 19);
        return `u${user},${time.replace('T', ' ')},p${(user + event) % 8},${event === 5 ? 'buy' : 'view'}`;
      }),
    ].join('\n');
    const ingested = await run({ ...INGEST, columnKinds: { user_id: 'CATEGORY' } }, [
      inputOf('FILE', Buffer.from(csv)),
    ]);
    const parquet = contentOf(ingested.end, 'TABLE');
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const options = { epochs: 1, width: 8, batchSize: 16 };
    const synthesized = await run({ kind: 'SYNTHESIZE', generator: 'sessions', options }, [
      inputOf('TABLE', parquet, { columns }),
    ]);
    const scores = Evaluation.parse(JSON.parse(contentOf(synthesized.end, 'SCORES').toString())).scores;
    expect(scores.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['nextItemNdcg', 'typeMixError', 'sequenceCopies']),
    );
    const model = inputOf('MODEL', contentOf(synthesized.end, 'MODEL'));
    const sampled = await run({ kind: 'SAMPLE', rows: 60 }, [model]);
    expect(contentOf(sampled.end, 'SYNTHETIC_CSV').toString().trimEnd().split('\n')).toHaveLength(61);
    const evaluated = await run({ kind: 'EVALUATE', events: { item: 'product_id' } }, [
      inputOf('REAL', parquet, { columns }),
      inputOf('SYNTHETIC', contentOf(sampled.end, 'SYNTHETIC_PARQUET'), { columns }),
    ]);
    const again = Evaluation.parse(JSON.parse(contentOf(evaluated.end, 'SCORES').toString()));
    expect(again.scores.some(({ name }) => name === 'sessionLengthError')).toBe(true);
  }, 60_000);

  it('fills missing cells of a table, marks doubtful ones, and keeps the model for other tables', async () => {
    const whole = CSV.split('\n').map((line) => line.split(','));
    const holed = whole.map((cells, row) => {
      if (row > 0 && row % 10 === 0) return cells.with(4, '');
      return row > 0 && row % 10 === 5 ? cells.with(2, '') : cells;
    });
    const ingested = await run(INGEST, [inputOf('FILE', Buffer.from(holed.join('\n')))]);
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const table = inputOf('TABLE', contentOf(ingested.end, 'TABLE'), { columns });
    const config = CompleteConfig.parse({
      kind: 'COMPLETE',
      generator: 'autoregressive',
      options: { epochs: 40, batchSize: 50, hiddenUnits: 16, residualBlocks: 1 },
    });
    const first = await run(config, [table]);
    expect(first.end).toMatchObject({ type: 'succeeded', rows: 300 });
    const rows = contentOf(first.end, 'COMPLETED_CSV')
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    rows.forEach((cells, row) => {
      expect(cells).not.toContain('');
      holed[row]!.forEach((cell, at) => cell === '' || expect(cells[at]).toBe(cell));
    });
    expect(contentOf(first.end, 'COMPLETED_PARQUET').subarray(0, 4).toString()).toBe('PAR1');
    const found = Completion.parse(JSON.parse(contentOf(first.end, 'COMPLETION').toString()));
    expect(found).toMatchObject({ rows: 300, generator: 'autoregressive', hiddenRows: 30, heldOut: true });
    expect(found.columns.map(({ missing, filled }) => [missing, filled])).toEqual([
      [0, 0],
      [0, 0],
      [30, 30],
      [0, 0],
      [30, 30],
    ]);
    const [, , seconds, , bought] = found.columns;
    expect(seconds!.score).toMatchObject({ measure: 'ERROR', cells: 3 });
    expect(bought!.score).toMatchObject({ measure: 'ACCURACY', cells: 3 });
    const cells = contentOf(first.end, 'CELLS').toString().trimEnd().split('\n');
    expect(cells[0]).toBe('row,column,what,value,suggestion,probability,low,high');
    expect(cells.filter((line) => line.includes(',FILLED,'))).toHaveLength(60);
    expect(contentOf(first.end, 'REPORT').toString()).toContain('60 of 60 missing cells are filled');

    const model = inputOf('MODEL', contentOf(first.end, 'MODEL'), { fileName: 'model.safetensors' });
    const again = await run({ ...config, columns: ['bought'], doubt: 0 }, [table, model]);
    const second = Completion.parse(JSON.parse(contentOf(again.end, 'COMPLETION').toString()));
    expect(second.columns.map(({ filled, checked }) => filled + checked)).toEqual([0, 0, 0, 0, 30]);
    expect(second.notes.join(' ')).toContain('fitted by another run');

    for (const [wrong, message] of [
      [{ generator: 'copula', options: {} }, 'Choose a generator that can: autoregressive'],
      [{ columns: ['colour'] }, 'no column "colour". It has: "visitor"'],
      [{ columns: ['visitor'] }, 'holds identifiers'],
    ] as const) {
      const refused = await run({ ...config, ...wrong, columns: wrong.columns && [...wrong.columns] }, [
        table,
      ]);
      expect(refused.end).toMatchObject({ type: 'failed', failure: { code: 'INVALID_CONFIG' } });
      expect(JSON.stringify(refused.end)).toContain(message.replaceAll('"', '\\"'));
    }
  }, 60_000);

  it('goes on from a checkpoint to the same synthetic file as without one', async () => {
    const ingested = await run(INGEST, [inputOf('FILE', Buffer.from(CSV))]);
    const { columns } = IngestResult.parse(JSON.parse(contentOf(ingested.end, 'PROFILE').toString()));
    const input = inputOf('TABLE', contentOf(ingested.end, 'TABLE'), { columns });
    const config = { ...SYNTHESIZE, options: { epochs: 4, batchSize: 32 } };
    const whole = await run(config, [input]);
    const paused = await gateway.dispatch({ config, inputs: [input], checkpointSeconds: 0.01 }, pool);
    await gateway.report(paused, 'checkpointed');
    await gateway.control(paused, 'PAUSE');
    await gateway.end(paused);
    const { key } = gateway.bodiesOf(paused, 'checkpointed').at(-1)!;
    const last = new Map(gateway.pointsOf(paused).map(({ name, step }) => [name, step]));
    const resumed = await run(config, [input], {
      runId: paused.runId,
      attempt: 2,
      checkpoint: gateway.stored(key),
      lastMetricSteps: Object.fromEntries(last),
    });
    const wanted = contentOf(whole.end, 'SYNTHETIC_CSV');
    expect(contentOf(resumed.end, 'SYNTHETIC_CSV').equals(wanted)).toBe(true);
    const loss = (job: typeof paused) =>
      gateway
        .pointsOf(job)
        .flatMap(({ name, step, value }) => (name === 'train/loss' ? [[step, value]] : []));
    expect([...loss(paused), ...loss(resumed.job)]).toEqual(loss(whole.job));
  }, 60_000);
});
