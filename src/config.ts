import { z } from 'zod';

const seconds = (fallback: number) => z.coerce.number().positive().default(fallback);

const Environment = z.object({
  /** Owner of the schema; used for migrations only. */
  DATABASE_URL: z.url(),
  /** Role bound by row level security. Default: `DATABASE_URL` as `synthcart_app`, with a password derived from the secret. */
  DATABASE_APP_URL: z.url().optional(),
  /** Role of the scheduler. Default: `DATABASE_URL` as `synthcart_dispatch`, likewise. */
  DATABASE_DISPATCH_URL: z.url().optional(),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(12),
  NATS_URL: z.string().min(1),
  /** Where objects lie: `file:///folder`. */
  OBJECTS_URL: z.url(),
  /** Keys of tokens, signed URLs and role passwords derive from it. The same for all gateways of an installation. */
  SYNTHCART_SECRET: z
    .string()
    .min(32, 'give at least 32 characters, for example from `openssl rand -hex 32`'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(4000),
  /** How others reach this gateway; signed URLs start with it. Default: `http://HOST:PORT`. */
  PUBLIC_URL: z.url().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Origins of browsers that may call, comma-separated; `*` for all. */
  CORS_ORIGINS: z.string().default('*'),
  ACCESS_TOKEN_SECONDS: seconds(900),
  REFRESH_TOKEN_SECONDS: seconds(30 * 24 * 3600),
  SIGNED_URL_SECONDS: seconds(900),
  MAX_UPLOAD_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(5 * 1024 ** 3),
  /** A worker that can't renew within this time has lost its runs. */
  LEASE_SECONDS: seconds(15),
  CHECKPOINT_SECONDS: seconds(20),
  /** Wait before the second attempt of a run; doubles with each further one. */
  RETRY_SECONDS: seconds(2),
});

export type Config = Readonly<{
  databaseUrl: string;
  databaseAppUrl: string | undefined;
  databaseDispatchUrl: string | undefined;
  databasePool: number;
  natsUrl: string;
  objectsUrl: string;
  secret: string;
  host: string;
  port: number;
  publicUrl: string | undefined;
  logLevel: string;
  corsOrigins: readonly string[];
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  signedUrlSeconds: number;
  maxUploadBytes: number;
  leaseSeconds: number;
  checkpointSeconds: number;
  retrySeconds: number;
}>;

/** Reads the environment, once. Throws an Error that lists every variable that is missing or wrong. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The gateway's environment is incomplete:\n${lines.join('\n')}`);
  }
  const e = parsed.data;
  return {
    databaseUrl: e.DATABASE_URL,
    databaseAppUrl: e.DATABASE_APP_URL,
    databaseDispatchUrl: e.DATABASE_DISPATCH_URL,
    databasePool: e.DATABASE_POOL,
    natsUrl: e.NATS_URL,
    objectsUrl: e.OBJECTS_URL,
    secret: e.SYNTHCART_SECRET,
    host: e.HOST,
    port: e.PORT,
    publicUrl: e.PUBLIC_URL,
    logLevel: e.LOG_LEVEL,
    corsOrigins: e.CORS_ORIGINS.split(',').map((origin) => origin.trim()),
    accessTokenSeconds: e.ACCESS_TOKEN_SECONDS,
    refreshTokenSeconds: e.REFRESH_TOKEN_SECONDS,
    signedUrlSeconds: e.SIGNED_URL_SECONDS,
    maxUploadBytes: e.MAX_UPLOAD_BYTES,
    leaseSeconds: e.LEASE_SECONDS,
    checkpointSeconds: e.CHECKPOINT_SECONDS,
    retrySeconds: e.RETRY_SECONDS,
  };
}
