import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** The roles that row level security binds; migrations grant to them by name. They own nothing. */
export const APP_ROLE = 'synthcart_app';
export const DISPATCH_ROLE = 'synthcart_dispatch';

export interface EnsureRolesOptions {
  /** Of a role that may create roles. */
  ownerUrl: string;
  appPassword: string;
  dispatchPassword: string;
}

/**
 * Makes the two roles of the gateway, or gives them these passwords. Roles belong to the whole server, not to one
 * database: several installations on one server share them.
 *
 * @throws when a role of that name exists that row level security doesn't bind, and can't be bound
 */
export async function ensureRoles(options: EnsureRolesOptions): Promise<void> {
  const client = new pg.Client({ connectionString: options.ownerUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await ensureRole(client, options.ownerUrl, APP_ROLE, options.appPassword);
    await ensureRole(client, options.ownerUrl, DISPATCH_ROLE, options.dispatchPassword);
  } finally {
    await client.end();
  }
}

async function ensureRole(
  client: pg.Client,
  ownerUrl: string,
  role: string,
  password: string,
): Promise<void> {
  const find = () =>
    client.query<{ bound: boolean }>(
      'SELECT NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb) AS bound FROM pg_roles WHERE rolname = $1',
      [role],
    );
  const withPassword = `LOGIN PASSWORD ${client.escapeLiteral(password)}`;
  const { rows } = await find();
  if (rows.length === 0) {
    await changeRole(
      client,
      `CREATE ROLE ${role} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE ${withPassword}`,
    );
  } else if (rows[0]?.bound === false) {
    await changeRole(client, `ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE`);
  }
  // Changed only where it must be: gateways that start together would be in each other's way.
  if (!(await canLogIn(ownerUrl, role, password)))
    await changeRole(client, `ALTER ROLE ${role} ${withPassword}`);
}

const ATTEMPTS = 10;

/** Roles have no `IF NOT EXISTS`, and two that change one at the same time get an internal error: the loser looks again. */
async function changeRole(client: pg.Client, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(statement);
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (error.code === DUPLICATE_OBJECT || error.code === UNIQUE_VIOLATION) return;
      if (!/tuple concurrently/.test(error.message) || attempt === ATTEMPTS) throw error;
      await pause(20 * attempt);
    }
  }
}

const DUPLICATE_OBJECT = '42710';
const UNIQUE_VIOLATION = '23505';

async function canLogIn(ownerUrl: string, role: string, password: string): Promise<boolean> {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = encodeURIComponent(password);
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
