import type { Rebalance } from '../../schema/messages/conditions.js';
import { Random } from '../compute/random.js';
import { UserFailure } from '../failure.js';
import type { SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import { rowFilter } from './condition.js';
import type { RowSource } from './rejection-sampling.js';

/** Rows drawn to see how common each value is. */
const ROWS_TO_SEE = 20_000;
/** Share of the drawn rows that must be kept. */
const LEAST_KEPT = 0.001;

/**
 * A model in whose rows values of a column have other shares than it has learnt. Rows are drawn and thinned: of each value as
 * many are kept as make the shares right, so that rows of one value are as the model makes them, in a random order. Throws
 * UserFailure INVALID_CONFIG, while sampling, for a value that the model doesn't make, or hardly ever.
 */
export function rebalanced(rebalance: Rebalance | undefined, model: RowSource): RowSource {
  if (!rebalance) return model;
  const { column, shares } = rebalance;
  // Reads the values, so that a mistake is told before anything is drawn.
  const filters = shares.map(({ value }) => rowFilter([{ column, in: [value] }], model.columns));
  const rest = 1 - shares.reduce((sum, { share }) => sum + share, 0);
  const wanted = [...shares.map(({ share }) => share), Math.max(0, rest)];

  /** Of each row, which of the values it has; the last number for any other. */
  const valuesOf = (chunk: Table): Uint16Array => {
    const values = new Uint16Array(chunk.rows).fill(shares.length);
    filters.forEach((filter, value) => {
      for (const row of filter(chunk)) values[row] = value;
    });
    return values;
  };

  async function keptShares(session: SampleSession): Promise<Float64Array> {
    const counts = new Float64Array(wanted.length);
    for await (const chunk of model.sample(ROWS_TO_SEE, session)) {
      for (const value of valuesOf(chunk)) counts[value]!++;
    }
    const ratios = Float64Array.from(wanted, (share, value) => {
      if (share === 0 || (value === shares.length && share < 1e-9)) return 0;
      if (counts[value] === 0) throw neverMade(rebalance!, value);
      return share / (counts[value]! / ROWS_TO_SEE);
    });
    const most = Math.max(...ratios);
    if (most <= 0 || 1 / most < LEAST_KEPT) throw tooRare(rebalance!, 1 / most);
    return ratios.map((ratio) => ratio / most);
  }

  return {
    columns: model.columns,
    async *sample(rows: number, session: SampleSession, chunkRows?: number): AsyncIterable<Table> {
      if (rows === 0) return;
      const quiet = { ...session, progress: () => undefined };
      const kept = await keptShares(quiet);
      const random = Random.seeded(session.seed).derive('rebalance');
      let made = 0;
      const most = Math.ceil((2 * rows) / LEAST_KEPT);
      for await (const chunk of model.sample(most, quiet, chunkRows)) {
        const chosen: number[] = [];
        valuesOf(chunk).forEach((value, row) => {
          if (made + chosen.length < rows && random.uniform() < kept[value]!) chosen.push(row);
        });
        made += chosen.length;
        if (chosen.length > 0) yield rowsAt(chunk, Int32Array.from(chosen));
        session.progress(made / rows);
        if (made === rows) return;
      }
      throw tooRare(rebalance, made / most);
    },
  };
}

function neverMade({ column, shares }: Rebalance, value: number): UserFailure {
  const what = shares[value] ? `"${shares[value].value}"` : 'any value but those listed';
  return new UserFailure(
    'INVALID_CONFIG',
    `Of ${ROWS_TO_SEE.toLocaleString('en')} rows that the model drew, none has ${what} in the column "${column}". Check how the ` +
      'value is spelled, or give it no share.',
    { column, field: 'rebalance' },
  );
}

function tooRare({ column }: Rebalance, kept: number): UserFailure {
  return new UserFailure(
    'INVALID_CONFIG',
    `These shares of "${column}" would keep ${kept.toPrecision(2)} of the rows that the model draws; at least 1 in 1,000 must be. Ask ` +
      'for smaller shares of rare values.',
    { column, field: 'rebalance' },
  );
}
