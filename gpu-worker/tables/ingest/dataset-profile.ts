import type { ColumnProfile, Histogram, ValueCount } from '../../../schema/messages/profile.js';
import type { Json } from '@duckdb/node-api';
import { dateTimeText, numberCellText } from '../cell-text.js';
import type { DuckDb } from '../duckdb.js';
import { isNumericKind } from '../table.js';
import { isMissingAmongValues, isMissing, trimmed } from './cell-patterns.js';
import type { TypedColumn } from './typed-column.js';

/** How much is told of each column; wide tables get less, so that a profile stays under 1 MiB. */
interface Detail {
  readonly topValues: number;
  readonly bins: number;
  readonly quantiles: readonly number[];
  readonly valueLength: number;
}

const ALL_QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

export function detailFor(columns: number): Detail {
  if (columns <= 100) return { topValues: 20, bins: 30, quantiles: ALL_QUANTILES, valueLength: 80 };
  if (columns <= 500) return { topValues: 8, bins: 15, quantiles: ALL_QUANTILES, valueLength: 40 };
  return { topValues: 3, bins: 0, quantiles: [0.25, 0.5, 0.75], valueLength: 20 };
}

/** Columns of one query: one where rows make the work, many where columns do. */
function columnsPerQuery(rows: number): number {
  return rows > 200_000 ? 1 : 25;
}

export interface ProfileRequest {
  readonly database: DuckDb;
  /** The typed table, columns `c0`, `c1`, …. */
  readonly typed: string;
  /** The table of strings that it was made from. */
  readonly raw: string;
  readonly rows: number;
  readonly columns: readonly TypedColumn[];
  progress(fraction: number): void;
}

/** Exact figures of every column; see `ColumnProfile` for each one's meaning. */
export async function profileColumns(request: ProfileRequest): Promise<ColumnProfile[]> {
  const { columns, rows } = request;
  const detail = detailFor(columns.length);
  const profiles: ColumnProfile[] = [];
  const step = columnsPerQuery(rows);
  for (let start = 0; start < columns.length; start += step) {
    const group = columns
      .slice(start, start + step)
      .map((column, offset) => ({ ...column, index: start + offset }));
    const summaries = await summarize(request, group, detail);
    const top = await topValues(request, group, detail);
    const missing = await missingSpellings(request, group, summaries, detail);
    const histograms =
      detail.bins > 0
        ? await countBins(request, group, summaries, detail.bins)
        : new Map<number, Histogram>();
    for (const { index, schema } of group) {
      const summary = summaries.get(index)!;
      profiles.push({
        name: schema.name,
        kind: schema.kind,
        count: summary.count,
        missing: rows - summary.count,
        distinct: summary.distinct,
        missingSpellings: missing.get(index) ?? [],
        ...figures(schema, summary, detail),
        topValues: top.get(index) ?? [],
        ...(histograms.has(index) ? { histogram: histograms.get(index) } : {}),
      });
    }
    request.progress((start + group.length) / columns.length);
  }
  return profiles;
}

type IndexedColumn = TypedColumn & { readonly index: number };

/** Numbers of a column; of strings, those of their lengths; of date-times, milliseconds since 1970. */
interface Summary {
  readonly count: number;
  readonly distinct: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly quantiles: readonly number[];
}

/** A column as a number: its value, its instant in milliseconds, or its text's length. */
function asNumber({ schema, index }: IndexedColumn): string {
  const cell = `c${index}`;
  switch (schema.kind) {
    case 'INTEGER':
    case 'REAL':
      return `CAST(${cell} AS DOUBLE)`;
    case 'BOOLEAN':
      return `CAST(CAST(${cell} AS TINYINT) AS DOUBLE)`;
    case 'DATETIME':
      return `CAST(epoch_ms(CAST(${cell} AS TIMESTAMP)) AS DOUBLE)`;
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      return `CAST(length(${cell}) AS DOUBLE)`;
  }
}

async function summarize(
  { database, typed }: ProfileRequest,
  group: readonly IndexedColumn[],
  { quantiles }: Detail,
): Promise<Map<number, Summary>> {
  const aggregates = group.map((column) => {
    const x = asNumber(column);
    return (
      `count(c${column.index}), count(DISTINCT c${column.index}), min(${x}), max(${x}), avg(${x}), ` +
      // A spread beyond what a double can square has no standard deviation here.
      `CASE WHEN max(abs(${x})) < 1e150 THEN stddev_samp(CASE WHEN abs(${x}) < 1e150 THEN ${x} END) END, ` +
      `quantile_cont(${x}, [${quantiles.join(', ')}])`
    );
  });
  const [row = []] = await database.rows(`SELECT ${aggregates.join(', ')} FROM ${typed}`);
  return new Map(
    group.map(({ index }, position) => {
      const cells = row.slice(position * 7, position * 7 + 7);
      const [count, distinct, min, max, mean, std] = cells.map(jsonNumber) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const found = Array.isArray(cells[6]) ? cells[6].map(jsonNumber) : [];
      return [index, { count, distinct, min, max, mean, std, quantiles: found }];
    }),
  );
}

/** DuckDB's JSON spells 64-bit integers, NaN and infinities as strings; null becomes NaN. */
function jsonNumber(cell: Json | undefined): number {
  return cell === null || cell === undefined ? NaN : Number(cell);
}

function figures(schema: TypedColumn['schema'], summary: Summary, detail: Detail): Partial<ColumnProfile> {
  if (summary.count === 0) return {};
  const { min, max, mean, std } = summary;
  switch (schema.kind) {
    case 'INTEGER':
    case 'REAL':
      return {
        numeric: {
          min,
          max,
          ...(Number.isFinite(mean) ? { mean } : {}),
          ...(Number.isFinite(std) ? { std } : {}),
          quantiles: detail.quantiles
            .map((p, index) => ({ p, value: summary.quantiles[index]! }))
            .filter(({ value }) => Number.isFinite(value)),
        },
      };
    case 'DATETIME': {
      const precision = schema.precision ?? 'millisecond';
      return {
        dateTime: {
          min: dateTimeText(min, precision),
          max: dateTimeText(max, precision),
          quantiles: detail.quantiles.map((p, index) => ({
            p,
            value: dateTimeText(Math.round(summary.quantiles[index]!), precision),
          })),
        },
      };
    }
    case 'BOOLEAN':
      return {};
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      return { lengths: { min, mean, max } };
  }
}

async function topValues(
  { database, typed }: ProfileRequest,
  group: readonly IndexedColumn[],
  detail: Detail,
): Promise<Map<number, ValueCount[]>> {
  const queries = group.map((column) => {
    const cell = `c${column.index}`;
    const value = !isNumericKind(column.schema.kind) ? cell : `CAST(${asNumber(column)} AS VARCHAR)`;
    return (
      `(SELECT ${column.index} AS i, ${value} AS v, n, row_number() OVER (ORDER BY n DESC, ${cell}) AS place ` +
      `FROM (SELECT ${cell}, count(*) AS n FROM ${typed} ` +
      `WHERE ${cell} IS NOT NULL GROUP BY ${cell} ORDER BY n DESC, ${cell} LIMIT ${detail.topValues}))`
    );
  });
  const found = await database.rows(`SELECT i, v, n FROM (${queries.join(' UNION ALL ')}) ORDER BY i, place`);
  const schemas = new Map(group.map(({ index, schema }) => [index, schema]));
  const top = new Map<number, ValueCount[]>();
  for (const [i, v, n] of found) {
    const index = Number(i);
    const schema = schemas.get(index)!;
    const value = !isNumericKind(schema.kind)
      ? String(v)
      : numberCellText(Number(v), { ...schema, nullable: false, unique: false });
    top.set(index, [...(top.get(index) ?? []), { value: cut(value, detail.valueLength), count: Number(n) }]);
  }
  return top;
}

function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text;
}

async function missingSpellings(
  { database, raw, rows }: ProfileRequest,
  group: readonly IndexedColumn[],
  summaries: ReadonlyMap<number, Summary>,
  detail: Detail,
): Promise<Map<number, ValueCount[]>> {
  const spellings = new Map<number, ValueCount[]>();
  const queries = group
    .filter(({ index }) => summaries.get(index)!.count < rows)
    .map(({ index, missingAmongValues }) => {
      const cell = trimmed(`c${index}`);
      const listed = missingAmongValues
        ? `(${isMissing(cell)} OR ${isMissingAmongValues(cell)})`
        : isMissing(cell);
      return (
        `(SELECT ${index} AS i, ${cell} AS v, count(*) AS n FROM ${raw} WHERE ${cell} <> '' AND ${listed} ` +
        `GROUP BY v ORDER BY n DESC, v LIMIT ${detail.topValues})`
      );
    });
  if (queries.length === 0) return spellings;
  const found = await database.rows(`SELECT * FROM (${queries.join(' UNION ALL ')}) ORDER BY i, n DESC, v`);
  for (const [i, v, n] of found) {
    const index = Number(i);
    spellings.set(index, [...(spellings.get(index) ?? []), { value: String(v), count: Number(n) }]);
  }
  return spellings;
}

async function countBins(
  { database, typed }: ProfileRequest,
  group: readonly IndexedColumn[],
  summaries: ReadonlyMap<number, Summary>,
  mostBins: number,
): Promise<Map<number, Histogram>> {
  const histograms = new Map<number, Histogram>();
  const queries: string[] = [];
  for (const column of group) {
    const { schema, index } = column;
    if (schema.kind !== 'INTEGER' && schema.kind !== 'REAL' && schema.kind !== 'DATETIME') continue;
    const { count, min, max } = summaries.get(index)!;
    if (count === 0 || !Number.isFinite(max - min)) continue;
    const edges = binEdges(min, max, mostBins, schema.kind === 'INTEGER');
    const bins = edges.length - 1;
    histograms.set(index, { edges, counts: Array.from({ length: bins }, () => 0) });
    const width = edges[bins]! - edges[0]!;
    const bin =
      width === 0
        ? '0'
        : `least(${bins - 1}, CAST(floor((${asNumber(column)} - ${min}) / ${width} * ${bins}) AS INTEGER))`;
    queries.push(
      `(SELECT ${index} AS i, ${bin} AS b, count(*) AS n FROM ${typed} WHERE c${index} IS NOT NULL GROUP BY b)`,
    );
  }
  if (queries.length === 0) return histograms;
  for (const [i, b, n] of await database.rows(queries.join(' UNION ALL '))) {
    histograms.get(Number(i))!.counts[Number(b)] = Number(n);
  }
  return histograms;
}

/** Few integers get a bin each, `[value, value + 1)`; everything else bins of one width. */
function binEdges(min: number, max: number, mostBins: number, integers: boolean): number[] {
  if (integers && max - min < mostBins) return Array.from({ length: max - min + 2 }, (_, step) => min + step);
  if (min === max) return [min, max];
  return Array.from({ length: mostBins + 1 }, (_, step) =>
    step === mostBins ? max : min + ((max - min) * step) / mostBins,
  );
}
