import { availableParallelism, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const Environment = z.object({
  /** Such as `nats://user:password@host:4222`. */
  NATS_URL: z.string().min(1).default('nats://127.0.0.1:4222'),
  /** The worker takes jobs of this pool only: workers with the same hardware share one. */
  POOL: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'use letters, digits, - and _ only')
    .default('default'),
  /** Runs at the same time. */
  SLOTS: z.coerce.number().int().min(1).max(64).default(1),
  /** Forces one engine (`compute/program.ts`); without it the fastest that starts is used. */
  ENGINE: z.string().optional(),
  /** Where inputs and outputs of runs lie while they are worked on. By default each user of the machine has their own. */
  WORK_FOLDER: z
    .string()
    .min(1)
    .default(join(tmpdir(), `synthcart-worker-${userInfo().uid}`)),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Threads that one run computes with. Default: the processors shared among the slots. */
  THREADS: z.coerce.number().int().min(1).optional(),
  /** Memory of one run's process; beyond it the process is killed, and the run fails with OUT_OF_MEMORY. */
  MEMORY_LIMIT_MB: z.coerce.number().int().min(32).default(4096),
  /** Recommenders that answer requests and stay in memory, counted by their files. */
  MODEL_CACHE_MB: z.coerce.number().int().min(1).default(256),
  /** A run whose process doesn't turn its event loop for so long is taken for hung and killed. */
  HANG_SECONDS: z.coerce.number().positive().default(60),
});

export type WorkerConfig = Readonly<{
  natsUrl: string;
  pool: string;
  slots: number;
  engine: string | undefined;
  workFolder: string;
  logLevel: string;
  threads: number;
  memoryLimitBytes: number;
  modelCacheBytes: number;
  hangSeconds: number;
}>;

/** Reads the environment, once. Throws an Error that lists every variable that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The worker's environment is wrong:\n${lines.join('\n')}`);
  }
  const e = parsed.data;
  return {
    natsUrl: e.NATS_URL,
    pool: e.POOL,
    slots: e.SLOTS,
    engine: e.ENGINE,
    workFolder: resolve(e.WORK_FOLDER),
    logLevel: e.LOG_LEVEL,
    threads: e.THREADS ?? Math.max(1, Math.floor(availableParallelism() / e.SLOTS)),
    memoryLimitBytes: e.MEMORY_LIMIT_MB * 1024 * 1024,
    modelCacheBytes: e.MODEL_CACHE_MB * 1024 * 1024,
    hangSeconds: e.HANG_SECONDS,
  };
}
