import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from './prisma-client/client.js';
import { TransactionConnection, statementNames } from './transaction-connection.js';

/** A Prisma client inside one transaction; all SQL of a use case goes through it. */
export type Transaction = Prisma.TransactionClient;

/** A project whose activity a transaction has added to. */
export interface ProjectChange {
  tenantId: string;
  projectId: string;
  /** Number of its last activity. */
  lastSequence: number;
}

const projectChanges = new WeakMap<Transaction, Map<string, ProjectChange>>();

/** Has `onProjectChange` told once this transaction has committed, and never if it rolls back. */
export function noteProjectChange(tx: Transaction, change: ProjectChange): void {
  const noted = projectChanges.get(tx) ?? new Map<string, ProjectChange>();
  projectChanges.set(tx, noted.set(change.projectId, change));
}

/** What row level security opens. */
export interface Scope {
  tenantId?: string;
  userId?: string;
  /** An e-mail at sign-in, or the hash of a token that the caller showed: opens the row that it names. */
  shownSecret?: string;
}

export interface DatabaseOptions {
  /** Connects as `synthcart_app`. */
  appUrl: string;
  /** Connects as `synthcart_dispatch`. */
  dispatchUrl: string;
  /** Connections for requests; the dispatch has a third as many of its own, so that neither starves the other. */
  poolSize: number;
}

/**
 * PostgreSQL, by way of two roles that row level security binds. Every use case is one interactive transaction; nothing
 * but SQL may be awaited inside it, since a transaction holds a connection for as long as it lasts.
 */
export class Database {
  readonly #app: PrismaClient;
  readonly #dispatch: PrismaClient;
  /** Hears of each project that a committed transaction has changed; at most once a transaction and project. */
  onProjectChange: (change: ProjectChange) => void = () => undefined;

  constructor(options: DatabaseOptions) {
    this.#app = clientOf(options.appUrl, options.poolSize, statementNames());
    // Not named: how the dispatch's few, large statements are best run depends on the queue of the moment.
    this.#dispatch = clientOf(options.dispatchUrl, Math.max(2, Math.ceil(options.poolSize / 3)));
  }

  /** Runs `work` with the rows of one tenant in sight, all or nothing. */
  withTenant<T>(
    scope: { tenantId: string; userId?: string },
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.withScope(scope, work);
  }

  /** Runs `work` with what the scope opens in sight: for sign-in, and for a user's own rows before a tenant is chosen. */
  withScope<T>(scope: Scope, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transact(this.#app, async (tx) => {
      await setScope(tx, scope);
      return work(tx);
    });
  }

  /** Runs `work` as the dispatch, which sees the queues of all tenants and nothing of their data. */
  asDispatch<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transact(this.#dispatch, work);
  }

  async #transact<T>(client: PrismaClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
    let transaction: Transaction | undefined;
    const result = await client.$transaction(
      (tx) => {
        transaction = tx;
        return work(tx);
      },
      { maxWait: 10_000, timeout: 30_000 },
    );
    const changes = transaction && projectChanges.get(transaction);
    for (const change of changes?.values() ?? []) this.onProjectChange(change);
    return result;
  }

  async close(): Promise<void> {
    await Promise.all([this.#app.$disconnect(), this.#dispatch.$disconnect()]);
  }
}

/** Changes the scope of a transaction that runs already, as createTenant does once the tenant has an id. */
export async function setScope(tx: Transaction, scope: Scope): Promise<void> {
  await tx.$executeRaw`SELECT set_config('app.tenant', ${scope.tenantId ?? ''}, true),
    set_config('app.user', ${scope.userId ?? ''}, true),
    set_config('app.shown_secret', ${scope.shownSecret ?? ''}, true)`;
}

function clientOf(
  url: string,
  poolSize: number,
  statementNameGenerator?: ReturnType<typeof statementNames>,
): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg(
      {
        connectionString: url,
        max: poolSize,
        connectionTimeoutMillis: 10_000,
        idleTimeoutMillis: 60_000,
        Client: TransactionConnection,
      },
      { statementNameGenerator },
    ),
  });
}

/** Whether a statement failed since a row with that value of a unique column is there. */
export function violatesUnique(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
