import { shown } from '../report.js';
import type { Ceiling } from './ceiling.js';
import { difference, type Figures } from './measure.js';
import { isSlowBlas } from './torch.js';

/** An engine's figures for a model beside PyTorch's from the same rounds, or why there are none. */
export interface Row {
  readonly what: string;
  readonly engine: string;
  /** Floating point operations of the step's matrix products. */
  readonly operations: number;
  /** Of the engine with these threads. */
  readonly ceiling?: Ceiling | undefined;
  readonly figures?: Figures;
  readonly torch?: Figures | undefined;
  /** onnx-cpu's, where the engine is one for GPUs. */
  readonly onCpu?: Figures | undefined;
  readonly skipped?: string;
}

type Measured = Row & { readonly figures: Figures };

const COLUMNS: readonly (readonly [header: string, cell: (row: Measured) => string | undefined])[] = [
  ['PyTorch', ({ torch }) => torch && `${shown(torch.stepMs)} ms`],
  ['ratio', ({ figures, torch }) => torch && ratio(torch.stepMs / figures.stepMs)],
  ['ratio of processor time', ({ figures, torch }) => torch && ratio(torch.cpuMs / figures.cpuMs)],
  ['beside onnx-cpu', ({ figures, onCpu }) => onCpu && ratio(onCpu.stepMs / figures.stepMs)],
  ['of the matmul ceiling', shareOfCeiling],
  ['compiled in', ({ figures }) => `${shown(figures.ready.compileMs ?? 0)} ms`],
  [
    'memory, Synthcart / PyTorch',
    ({ figures, torch }) =>
      torch ? `${shown(figures.peakMiB)} / ${shown(torch.peakMiB)} MiB` : `${shown(figures.peakMiB)} MiB`,
  ],
  ['losses differ by', ({ figures, torch }) => torch && agreement(difference(figures.losses, torch.losses))],
];

/** Markdown, so that it can be read in a terminal and be kept in compute.md as it is; without columns of nothing. */
export function tableOf(title: string, rows: readonly Row[]): string {
  const measured = rows.filter(isMeasured);
  const columns = COLUMNS.filter(([, cell]) => measured.some((row) => cell(row) !== undefined));
  const header = ['step of', 'engine', 'Synthcart', ...columns.map(([name]) => name)];
  const cells = rows.map((row) => [
    row.what,
    row.engine,
    ...(isMeasured(row)
      ? [`${shown(row.figures.stepMs)} ms`, ...columns.map(([, cell]) => cell(row) ?? '')]
      : [`skipped: ${row.skipped ?? 'no reason'}`, ...columns.map(() => '')]),
  ]);
  const lines = [header, header.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`);
  return [`## ${title}`, '', ...lines].join('\n');
}

function isMeasured(row: Row): row is Measured {
  return row.figures !== undefined;
}

/** The time that the step's matrix products would take at the engine's best rate, in % of the step's. */
function shareOfCeiling({ figures, operations, ceiling }: Measured): string | undefined {
  if (!ceiling) return undefined;
  return `${shown((100 * operations) / (figures.stepMs * 1e6) / ceiling.gflops)} %`;
}

/** What the figures were measured with, and what is wrong with them. */
export function notesOf(rows: readonly Row[]): string[] {
  const figures = rows.flatMap(({ figures, torch }) => [figures, torch]).filter((each) => each !== undefined);
  const versions = figures.map(({ name, ready }) => `${name} ${ready.version}: ${ready.device}.`);
  const wrong = rows.filter(({ figures, torch }) => {
    // Written so that a loss that isn't a number is wrong as well.
    return figures && torch && !(difference(figures.losses, torch.losses).largest <= TOLERANCE);
  });
  const ceilings = rows.map(({ engine, ceiling }) =>
    ceiling
      ? [`Matmul ceiling of ${engine}: ${shown(ceiling.gflops)} GFLOP/s (${shown(ceiling.size)}³, float32).`]
      : [],
  );
  return [
    ...new Set([...versions, ...ceilings.flat()]),
    ...(figures.some(({ ready }) => isSlowBlas(ready.device))
      ? [
          'This PyTorch multiplies matrices with the reference BLAS, about 20 times slower than OpenBLAS: not a fair match.',
        ]
      : []),
    ...wrong.map(({ what, engine }) => `WRONG: the losses of "${what}" on ${engine} aren't PyTorch's.`),
  ];
}

/** A loss that differs by more is a mistake, not rounding. */
const TOLERANCE = 0.02;

const ratio = (value: number): string => `${value < 0.1 ? value.toPrecision(1) : value.toFixed(2)} ×`;

function agreement({ largest, steps }: { largest: number; steps: number }): string {
  return `${largest.toExponential(1)} (${steps} ${steps === 1 ? 'step' : 'steps'})`;
}
