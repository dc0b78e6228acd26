import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { listEngines } from '../../gpu-worker/compute/engine.js';
import { ENGINE_NAMES, type EngineName } from '../../gpu-worker/compute/program.js';
import { writeSafetensors } from '../../gpu-worker/compute/safetensors.js';
import { measureCeiling, type Ceiling } from './ceiling.js';
import { startContender, type Contender } from './contender.js';
import { measure, type MeasureOptions } from './measure.js';
import { MODELS, modelOf } from './models/index.js';
import type { BenchModel } from './models/model.js';
import { prepareTracing } from './products.js';
import { notesOf, tableOf, type Row } from './table.js';
import { findTorch, hasCuda, torchCommand, torchEnvironment } from './torch.js';

const ENGINE_PROCESS = fileURLToPath(new URL('./engine-process.js', import.meta.url));
const TORCH = 'PyTorch';
const TORCH_ON_GPU = 'PyTorch on CUDA';
/** All others compute with one thread, or on a GPU, and are measured once. */
const THREADED: ReadonlySet<EngineName> = new Set<EngineName>(['onnx-cpu']);
/** Shown beside onnx-cpu, which they must beat to be worth their while. */
const FOR_GPUS: ReadonlySet<EngineName> = new Set<EngineName>([
  'tensorflow',
  'onnx-cuda',
  'onnx-webgpu',
  'tfjs-webgpu',
]);

interface Flags {
  readonly engines?: readonly EngineName[];
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly turn: number;
  readonly python?: string;
  readonly torch: boolean;
  readonly json?: string;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(names: readonly string[], flags: Flags): Promise<void> {
  const models = names.length === 0 ? MODELS : names.map(modelOf);
  const engines = await chosenEngines(flags.engines);
  const python = flags.torch ? await findTorch(flags.python) : undefined;
  if (flags.torch && !python)
    say('No python3 with PyTorch and NumPy was found, so there is nothing beside the engines.');
  await prepareTracing();
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}`;
  console.log(`${machine}; load before: ${(loadavg()[0] ?? 0).toFixed(1)}; ${flags.rounds} rounds.\n`);

  const folder = await mkdtemp(join(tmpdir(), 'synthcart-bench-'));
  const measured: { threads: number; rows: Row[] }[] = [];
  try {
    for (const [index, threads] of flags.threads.entries()) {
      const rows: Row[] = [];
      const running = engines.filter((engine) => index === 0 || THREADED.has(engine));
      for (const engine of engines.filter((each) => !running.includes(each))) {
        say(
          `Without ${engine} at ${threads} threads: it takes no number of threads, and was measured above.`,
        );
      }
      const ceilings = await ceilingsOf(running, threads);
      for (const model of models) {
        rows.push(
          ...(await benchOf(model, running, { threads, ceilings, python, folder, ...options(flags) })),
        );
      }
      measured.push({ threads, rows });
      console.log(`${tableOf(`${threads} ${threads === 1 ? 'thread' : 'threads'}`, rows)}\n`);
      console.log(`${notesOf(rows).join('\n')}\n`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  if (flags.json) await writeFile(flags.json, JSON.stringify({ machine, measured }, null, 2));
}

const options = ({ rounds, turn }: Flags): MeasureOptions => ({ rounds, turnMs: turn });

async function chosenEngines(wanted: readonly EngineName[] | undefined): Promise<readonly EngineName[]> {
  // On a software renderer an engine for GPUs is right but slow, and so is measured only when it is named.
  const allowSoftware = wanted?.some((name) => FOR_GPUS.has(name)) ?? false;
  const reports = await listEngines({ allowSoftware, threads: availableParallelism() });
  for (const { name, available, detail } of reports) {
    if (!available && (!wanted || wanted.includes(name))) say(`Without ${name}: ${detail}.`);
  }
  const found = reports.filter(({ available }) => available).map(({ name }) => name);
  return wanted ? found.filter((name) => wanted.includes(name)) : found;
}

async function ceilingsOf(
  engines: readonly EngineName[],
  threads: number,
): Promise<ReadonlyMap<EngineName, Ceiling>> {
  const ceilings = new Map<EngineName, Ceiling>();
  for (const engine of engines) {
    say(`A plain matrix product, ${threads} threads: ${engine}`);
    try {
      ceilings.set(engine, await measureCeiling(engine, threads));
    } catch (error) {
      say(`  skipped: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return ceilings;
}

interface Conditions extends MeasureOptions {
  readonly threads: number;
  readonly ceilings: ReadonlyMap<EngineName, Ceiling>;
  readonly python: string | undefined;
  /** For the files that both sides read. */
  readonly folder: string;
}

/** Each engine has a process of its own for each model, so that memory and compilation are the model's alone. */
async function benchOf(
  model: BenchModel,
  engines: readonly EngineName[],
  { threads, ceilings, python, folder, ...options }: Conditions,
): Promise<Row[]> {
  const contenders: Contender[] = [];
  const skipped = new Map<string, string>();
  const enter = async (name: string, command: [string, ...string[]], environment: NodeJS.ProcessEnv) => {
    say(`${model.name}, ${threads} threads: ${name}`);
    try {
      contenders.push(await startContender(name, command, environment));
    } catch (error) {
      skipped.set(name, error instanceof Error ? error.message : String(error));
      say(`  skipped: ${skipped.get(name)}`);
    }
  };
  if (python) {
    const file = join(folder, `${model.name}.safetensors`);
    await writeFile(file, writeSafetensors(model.tensors()));
    const onGpu = engines.some((engine) => FOR_GPUS.has(engine)) && (await hasCuda(python));
    for (const device of onGpu ? (['cpu', 'cuda'] as const) : (['cpu'] as const)) {
      await enter(
        device === 'cuda' ? TORCH_ON_GPU : TORCH,
        torchCommand(python, model.name, device, threads, file, model.details),
        torchEnvironment(threads),
      );
    }
  }
  for (const engine of engines) {
    const command = [process.execPath, ENGINE_PROCESS, model.name, String(threads), engine] as const;
    await enter(engine, [...command], process.env);
  }
  try {
    const { figures, failed } = await measure(contenders, options);
    for (const [name, reason] of failed) skipped.set(name, reason);
    const figuresOf = (sought: string) => figures.find(({ name }) => name === sought);
    const operations = model.productOperations();
    return engines.map((engine) => ({
      what: model.what,
      engine,
      operations,
      ceiling: ceilings.get(engine),
      torch: (FOR_GPUS.has(engine) ? figuresOf(TORCH_ON_GPU) : undefined) ?? figuresOf(TORCH),
      onCpu: FOR_GPUS.has(engine) ? figuresOf('onnx-cpu') : undefined,
      figures: figuresOf(engine),
      skipped: skipped.get(engine),
    }));
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

new Command('bench:compute')
  .description('Times training steps on the engines of this machine, beside PyTorch.')
  .argument('[model...]', `which: ${MODELS.map(({ name }) => name).join(', ')}; default: all`)
  .option('--engines <names>', 'which, by commas; default: all that start here', engineNames)
  .option('--threads <numbers>', 'threads of both sides, by commas', threadCounts, [1, 2])
  .option('--rounds <n>', 'how often the contenders take turns', wholeNumber, 5)
  .option('--turn <ms>', 'about how long a turn is', wholeNumber, 500)
  .option('--python <path>', 'one with PyTorch; default: the first that is found')
  .option('--no-torch', 'measures the engines alone')
  .option('--json <file>', 'writes the figures to a file')
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });

function engineNames(text: string): EngineName[] {
  return text.split(',').map((name) => {
    const known = ENGINE_NAMES.find((engine) => engine === name);
    if (!known) throw new InvalidArgumentError(`There are: ${ENGINE_NAMES.join(', ')}.`);
    return known;
  });
}

function threadCounts(text: string): number[] {
  return text.split(',').map(wholeNumber);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a number from 1 on.');
  return value;
}
