import type { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { biasCorrection } from '../../compute/optimizers/adam.js';
import { averagingDecay } from '../../compute/optimizers/averaging.js';
import { warmupCosine } from '../../compute/optimizers/schedules.js';
import type { Random } from '../../compute/random.js';
import { sizeOf, type Stored } from '../../compute/tensors.js';
import { partOf, pausing } from '../../evaluation/pause.js';
import { SecretBits, uniformOf, type RandomBits } from '../../privacy/secret-bits.js';
import type { Table } from '../../tables/table.js';
import { codeWidths, encodeTable, type ColumnCodes } from '../discretisation/column-codes.js';
import type { FitSession, PrivacyGuarantee } from '../generator.js';
import type { PrivateTraining } from '../mst/budget.js';
import { fitTree, type PrivateTree } from '../mst/private-tree.js';
import { layOut, type Layout } from './layout.js';
import { byName, initialParameters, inOrder, oneHotOf, parameterShapes } from './network.js';
import { privateSteps } from './private-steps.js';

export interface PrivateFit {
  readonly codes: readonly ColumnCodes[];
  readonly ranks: readonly number[];
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly privacy: PrivacyGuarantee;
}

const DEFAULT_STEPS = 1000;
const WARM_UP_SHARE = 0.05;
/** A step draws more rows than this many standard deviations above what is expected once in 10¹⁵ times. */
const DEVIATIONS_ABOVE = 8;
/** Share of the fit's time that goes to the tree. */
const TREE_SHARE = 0.1;

/**
 * Fits with differential privacy: a private tree of pairs (see ../mst) becomes the bins, the order of columns and the first
 * weights, and private steps go on from there. Nothing is reported on the way that depends on the table, and neither rows nor
 * noise come from the seed.
 */
export async function fitPrivately(
  table: Table,
  config: AutoregressiveConfig & { readonly epsilon: number },
  session: FitSession,
  random: Random,
): Promise<PrivateFit> {
  const pause = pausing(session.signal, (fraction) => session.progress(fraction, undefined));
  await pause(0);
  const bits = new SecretBits();
  const tree = await fitTree(table, config, bits, partOf(pause, 0, TREE_SHARE), (rows) => {
    const rate = Math.min(1, config.batchSize / rows);
    return { rate, steps: config.epochs === undefined ? DEFAULT_STEPS : Math.ceil(config.epochs / rate) };
  });
  const privacy = tree.budget.spent;
  session.metric('privacy/epsilon', 1, privacy.epsilon);
  const ranks = ranksOf(tree);
  const widths = tree.codes.flatMap(codeWidths);
  const fit = { codes: tree.codes, ranks, privacy };
  if (widths.length === 0) return { ...fit, parameters: new Map() };
  const layout = layOut(widths, ranks, config.hiddenUnits);
  const shapes = parameterShapes(layout, config.residualBlocks);
  const start = inOrder(shapes, firstParameters(layout, tree, config, random));
  const trained = await train(layout, table, tree, config, session, start, bits);
  return { ...fit, parameters: byName(shapes, trained) };
}

/** Parents before their children: each column has one neighbour in the tree before it, and is told all that the tree tells of it. */
function ranksOf({ tree }: PrivateTree): number[] {
  const order = tree.widths.length > 0 ? [tree.root, ...tree.edges.map(({ child }) => child)] : [];
  const ranks = new Array<number>(order.length);
  order.forEach((column, rank) => (ranks[column] = rank));
  return ranks;
}

/** The tree as a network: shares of bins as the output's bias, and of each edge log p(child | parent) / p(child) as direct weights. */
function firstParameters(
  layout: Layout,
  { tree, shares }: PrivateTree,
  { residualBlocks }: AutoregressiveConfig,
  random: Random,
): Map<string, Float32Array> {
  const logs = new Float32Array(layout.units);
  tree.widths.forEach((width, column) => {
    for (let bin = 0; bin < width; bin++)
      logs[layout.offsets[column]! + bin] = logOf(shares.columns[column]![bin]!);
  });
  const first = initialParameters(layout, residualBlocks, logs, random.derive('initial'));
  const direct = first.get('direct/weights')!;
  tree.edges.forEach(({ parent, child }, edge) => {
    const width = tree.widths[child]!;
    shares.pairs[edge]!.forEach((share, cell) => {
      const [from, to] = [Math.floor(cell / width), cell % width];
      const row = layout.offsets[parent]! + from;
      direct[row * layout.units + layout.offsets[child]! + to] =
        logOf(share) - logOf(shares.columns[parent]![from]!) - logOf(shares.columns[child]![to]!);
    });
  });
  return first;
}

/** Shares below this count as this. */
const LEAST_SHARE = 1e-9;
const logOf = (share: number): number => Math.log(Math.max(share, LEAST_SHARE));

/** The averaged parameters after all steps, in the order of `parameterShapes`. */
async function train(
  layout: Layout,
  table: Table,
  { codes, rows, budget, training }: PrivateTree,
  config: AutoregressiveConfig,
  session: FitSession,
  start: readonly Stored[],
  bits: RandomBits,
): Promise<Stored[]> {
  const { rate, steps } = training as PrivateTraining;
  const expected = rate * rows;
  const capacity = Math.ceil(expected + DEVIATIONS_ABOVE * Math.sqrt(expected * (1 - rate)));
  const bins = encodeTable(codes, table);
  const shapes = parameterShapes(layout, config.residualBlocks);
  const { program, state, trained, dispose } = await privateSteps(session.engine, layout, shapes, start, {
    capacity,
    expected,
    clipNorm: config.clipNorm,
    deviation: budget.gradientDeviation,
  });
  try {
    const rateOf = warmupCosine({
      peak: config.learningRate,
      warmup: Math.max(1, Math.round(steps * WARM_UP_SHARE)),
      steps: steps + 1,
    });
    const normal = normalsOf(bits);
    const started = performance.now();
    for (let step = 1; step <= steps; step++) {
      session.signal.throwIfAborted();
      const drawn = poissonSample(table.rows, rate, bits).slice(0, capacity);
      const oneHot = new Float32Array(capacity * layout.units);
      oneHot.set(oneHotOf(layout, bins, drawn));
      await program.run({
        oneHot,
        present: Float32Array.from({ length: capacity }, (_, row) => (row < drawn.length ? 1 : 0)),
        noise: trained.map(({ shape }) => Float32Array.from({ length: sizeOf(shape) }, normal)),
        rate: Float32Array.of(rateOf(step)),
        correction: Float32Array.of(biasCorrection(step)),
        averaging: Float32Array.of(averagingDecay(step, config.averaging)),
      });
      const seconds = (performance.now() - started) / 1000;
      session.metric('train/learning_rate', step, rateOf(step));
      session.progress(TREE_SHARE + ((1 - TREE_SHARE) * step) / steps, (seconds / step) * (steps - step));
    }
    const average = [...(await state.read()).average];
    const names = new Set(trained.map(({ name }) => name));
    return shapes.map(({ name }, at) => (names.has(name) ? average.shift()! : start[at]!));
  } finally {
    dispose();
  }
}

/** Each row with the probability `rate`, by itself: the accountant counts on rows being drawn so, and on nobody knowing which. */
function poissonSample(rows: number, rate: number, bits: RandomBits): number[] {
  const drawn: number[] = [];
  for (let row = 0; row < rows; row++) if (uniformOf(bits) < rate) drawn.push(row);
  return drawn;
}

/** Standard normal numbers, by Box and Muller. */
function normalsOf(bits: RandomBits): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const length = Math.sqrt(-2 * Math.log(uniformOf(bits)));
    const angle = 2 * Math.PI * uniformOf(bits);
    spare = length * Math.sin(angle);
    return length * Math.cos(angle);
  };
}
