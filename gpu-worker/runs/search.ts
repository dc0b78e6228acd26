import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SearchConfig, InputRole } from '../../schema/messages/run-config.js';
import type { SearchBaseline } from '../../schema/messages/search-ranking.js';
import {
  ColumnMistake,
  searchRoles,
  type SearchRoles,
  type SearchTables,
} from '../../schema/search/columns.js';
import { startEngine } from '../compute/engine.js';
import { partOf, pausing } from '../evaluation/pause.js';
import { UserFailure } from '../failure.js';
import { bm25 } from '../recommenders/search/bm25/bm25.js';
import { requireSearchable } from '../recommenders/search/catalogue.js';
import { searchLog, type SearchLog } from '../recommenders/search/datasets/search-log.js';
import { shopCatalogue, type ShopCatalogue } from '../recommenders/search/datasets/shop-catalogue.js';
import { evaluateRanker, type QueryScores } from '../recommenders/search/evaluation/evaluate.js';
import {
  heldOutProducts,
  heldOutQueries,
  withoutTested,
  type HeldOut,
} from '../recommenders/search/evaluation/held-out.js';
import { searchRankingOf } from '../recommenders/search/evaluation/summary.js';
import { renderSearchRanking } from '../recommenders/search/report.js';
import { searchRankerOf } from '../recommenders/search/search-rankers.js';
import { writeServedRanker } from '../recommenders/search/served-ranker.js';
import type { OutputFile, Session } from '../session.js';
import { loadTable } from '../steps/load-table.js';
import { fitSession, parsedOptions } from '../steps/train.js';
import type { Table } from '../tables/table.js';
import type { RunResult } from './runners.js';

const BASELINES: readonly (readonly [SearchBaseline, 'words' | 'trigrams'])[] = [
  ['BM25', 'words'],
  ['BM25_TRIGRAMS', 'trigrams'],
];
/** How deep a relevant product is looked for; one further down has a reciprocal rank of next to nothing. */
const DEPTH = 1000;

/** Trains a search ranker, and finds out how well it answers queries that it hasn't learnt from. */
export async function search(session: Session): Promise<RunResult> {
  const config = session.job.config as SearchConfig;
  const ranker = searchRankerOf(config.ranker);
  const options = parsedOptions(`the search ranker "${ranker.name}"`, ranker.config, config.options);
  const { engine, catalogue, held, training, counts, notes } = await session.step('load', async () => {
    const engine = await startEngine({ forced: session.engine, threads: session.threads });
    const tables = await loadTables(session);
    const roles = rolesOf(tables, config);
    const { locale, gains, testShare, trainOn } = config;
    const catalogue = shopCatalogue(tables.catalogue, roles.catalogue, locale);
    requireSearchable(catalogue.products);
    const known = new Set(catalogue.products.map(({ id }) => id));
    const texts = tables.queries && roles.queries && { table: tables.queries, roles: roles.queries };
    const log = (of: 'searches' | 'synthetic'): SearchLog | undefined => {
      const [table, own] = [tables[of], roles[of]];
      return table && own && searchLog(table, own, { known, texts, gains, locale });
    };
    const real = log('searches');
    const held = real
      ? heldOutQueries(catalogue, real.queries, testShare, session.job.seed)
      : heldOutProducts(catalogue, testShare, session.job.seed);
    return {
      engine,
      catalogue,
      held,
      ...trainingOf(held, real, trainOn === 'REAL' ? undefined : log('synthetic'), config),
    };
  });
  const { products } = catalogue;
  const model = await session.step('train', async (progress) => {
    const fitting = await fitSession(session, engine, progress);
    const fitted = await session.resumable(() => ranker.fit(training, options, fitting));
    return training.products === products ? fitted : fitted.over(products);
  });
  const { ranking, report } = await session.step('evaluate', async (progress) => {
    const { cutoff } = config;
    const pause = pausing(session.signal, progress);
    const scored = {
      cutoff,
      ...(config.among === 'JUDGED'
        ? { among: 'judged' as const }
        : { depth: Math.min(products.length, Math.max(cutoff, DEPTH)) }),
    };
    const own = await evaluateRanker(model, products, held.test, partOf(pause, 0, 0.6), scored);
    const quiet = { ...(await fitSession(session, engine, () => undefined)), metric: () => undefined };
    const beside: (readonly [SearchBaseline, QueryScores])[] = [];
    for (const [at, [baseline, terms]] of BASELINES.entries()) {
      const lexical = await bm25.fit({ products }, bm25.config.parse({ terms }), quiet);
      const part = partOf(pause, 0.6 + 0.2 * at, 0.8 + 0.2 * at);
      beside.push([baseline, await evaluateRanker(lexical, products, held.test, part, scored)]);
    }
    const ranking = searchRankingOf(held.test, own, beside, {
      ...{ ranker: ranker.name, products: products.length, heldOutProducts: held.heldOutProducts },
      ...counts,
      notes: [...catalogueNotes(catalogue), ...notes, ...held.notes],
      ...{ cutoff, seed: session.job.seed },
    });
    return { ranking, report: renderSearchRanking(ranking, contextOf(session, config, held)) };
  });
  const outputs = await session.step('publish', async (progress) => {
    const file = async (
      described: Omit<OutputFile, 'path'>,
      content: string | Uint8Array,
    ): Promise<OutputFile> => {
      const path = join(session.folder, described.fileName);
      await writeFile(path, content);
      return { ...described, path };
    };
    const files = [
      await file(
        {
          kind: 'SEARCH_RANKER',
          fileName: 'search-ranker.safetensors',
          mediaType: 'application/octet-stream',
        },
        writeServedRanker(ranker.name, model, products),
      ),
      await file(
        { kind: 'SEARCH_RANKING', fileName: 'search-ranking.json', mediaType: 'application/json' },
        JSON.stringify(ranking),
      ),
      await file({ kind: 'REPORT', fileName: 'report.html', mediaType: 'text/html' }, report),
    ];
    return session.publish(files, progress);
  });
  return { outputs };
}

async function loadTables(session: Session): Promise<SearchTables<Table>> {
  const optional = async (role: InputRole): Promise<Table | undefined> => {
    const input = session.optionalInput(role);
    return input && (await loadTable(session, input));
  };
  return {
    catalogue: await loadTable(session, session.input('CATALOGUE')),
    searches: await optional('SEARCHES'),
    synthetic: await optional('SYNTHETIC'),
    queries: await optional('QUERIES'),
  };
}

function rolesOf(
  { catalogue, searches, synthetic, queries }: SearchTables<Table>,
  config: SearchConfig,
): SearchRoles {
  const schemas = (table: Table | undefined) => table?.columns.map(({ schema }) => schema);
  try {
    return searchRoles(
      {
        catalogue: schemas(catalogue)!,
        searches: schemas(searches),
        synthetic: schemas(synthetic),
        queries: schemas(queries),
      },
      config,
    );
  } catch (error) {
    if (!(error instanceof ColumnMistake)) throw error;
    throw new UserFailure('INVALID_CONFIG', error.message, { field: error.path.join('.') });
  }
}

function trainingOf(
  held: HeldOut,
  real: SearchLog | undefined,
  synthetic: SearchLog | undefined,
  { trainOn }: SearchConfig,
) {
  const own = trainOn === 'SYNTHETIC' ? [] : held.training.queries;
  const added = withoutTested(synthetic?.queries ?? [], held.test);
  return {
    training: { ...held.training, queries: [...own, ...added.queries] },
    counts: { realQueries: own.length, syntheticQueries: added.queries.length },
    notes: [
      ...(real ? searchNotes(real, 'search') : []),
      ...(synthetic
        ? [
            'What is tested may have been seen by the generator of the synthetic searches. For a fair test, synthesize from searches without it.',
            ...searchNotes(synthetic, 'synthetic search'),
            ...told([
              [
                added.dropped,
                'synthetic query with the words of a tested one: left out',
                'synthetic queries with the words of tested ones: left out',
              ],
            ]),
          ]
        : []),
    ],
  };
}

const catalogueNotes = ({ notes }: ShopCatalogue): string[] =>
  told([
    [notes.withoutId, "row without a product's id: left out", "rows without a product's id: left out"],
    [notes.otherLocale, 'row of another locale: left out', 'rows of another locale: left out'],
    [
      notes.repeated,
      'row of a product that has another: the texts of its most frequent spelling are searched',
      'rows of products that have others: the texts of their most frequent spelling are searched',
    ],
    [notes.respelt, 'product is written in several ways', 'products are written in several ways'],
  ]);

const searchNotes = ({ notes }: SearchLog, noun: string): string[] =>
  told([
    [
      notes.incomplete,
      `${noun} without a query, a product or a relevance: left out`,
      `${noun}es without a query, a product or a relevance: left out`,
    ],
    [
      notes.wordless,
      `${noun} without a letter or digit: left out`,
      `${noun}es without a letter or digit: left out`,
    ],
    [notes.otherLocale, `${noun} of another locale: left out`, `${noun}es of another locale: left out`],
    [
      notes.strangeRows,
      `${noun} of a product that the catalogue hasn't got: left out`,
      `${noun}es of ${notes.strangeProducts.toLocaleString('en')} products that the catalogue hasn't got: left out`,
    ],
    [
      notes.unanswered,
      'query that no product of the catalogue answers: left out',
      'queries that no product of the catalogue answers: left out',
    ],
  ]);

const told = (counted: readonly (readonly [count: number, one: string, several: string])[]): string[] =>
  counted
    .filter(([count]) => count > 0)
    .map(([count, one, several]) => `${count.toLocaleString('en')} ${count === 1 ? one : several}.`);

function contextOf(session: Session, config: SearchConfig, held: HeldOut) {
  const inputs = (['CATALOGUE', 'SEARCHES', 'QUERIES', 'SYNTHETIC'] as const).flatMap((role) => {
    const input = session.optionalInput(role);
    return input ? [[LABELS[role], `${input.label} (SHA-256 ${input.sha256})`] as const] : [];
  });
  return {
    title: `${config.ranker} on ${session.input('CATALOGUE').label}`,
    lineage: {
      Run: `${session.job.runId}, attempt ${session.job.attempt}`,
      ...Object.fromEntries(inputs),
      'Held out':
        held.heldOutProducts > 0
          ? `${Math.round(100 * config.testShare)} % of the products`
          : config.searchesColumns?.split !== undefined
            ? 'the queries that the searches say'
            : 'queries',
      Options: JSON.stringify(config.options),
      Seed: String(session.job.seed),
    },
  };
}

const LABELS = {
  CATALOGUE: 'Catalogue',
  SEARCHES: 'Searches',
  QUERIES: 'Queries',
  SYNTHETIC: 'Synthetic searches',
} as const;
