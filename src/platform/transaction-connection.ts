import type { Duplex } from 'node:stream';
import pg from 'pg';

/** Ask for nothing and wait for nothing: they go out together with the statement that follows. */
const HELD = /^\s*(?:BEGIN$|SELECT set_config\()/;
const END = /^\s*(?:COMMIT|ROLLBACK)$/;

const NOTHING = { command: '', rowCount: 0, oid: 0, fields: [], rows: [] };

/**
 * A PostgreSQL connection that spares a transaction round trips. `BEGIN` and the setting of its scope are held back and
 * written in one go with the first statement that asks for something; a transaction that never asks is never opened.
 * Should one of them fail, PostgreSQL refuses the statement behind it, since the transaction is broken then.
 */
export class TransactionConnection extends pg.Client {
  #held: pg.QueryConfig[] = [];

  constructor(config?: pg.ClientConfig) {
    // Statements are written without waiting for the answers to those before them.
    super({ ...config, pipeline: true });
  }

  /** As the driver's own, whose overloads can't be repeated: `never` fits them all. */
  override query(statement: unknown, ...rest: unknown[]): never {
    const send = super.query.bind(this) as (statement: unknown, ...rest: unknown[]) => unknown;
    const text = textOf(statement);
    if (rest.length === 0 && HELD.test(text)) {
      if (isBegin(text)) this.#held = [];
      this.#held.push(statement as pg.QueryConfig);
      return Promise.resolve(NOTHING) as never;
    }
    const held = this.#held.splice(0);
    if (held[0] && isBegin(textOf(held[0])) && END.test(text)) return Promise.resolve(NOTHING) as never;
    if (held.length === 0) return send(statement, ...rest) as never;
    const { stream } = (this as unknown as { connection: { stream: Duplex } }).connection;
    stream.cork();
    // The statement behind fails with them, and its caller hears of it.
    for (const earlier of held) (send(earlier) as Promise<unknown>).catch(() => undefined);
    const answer = send(statement, ...rest);
    stream.uncork();
    return answer as never;
  }
}

const isBegin = (text: string): boolean => text.trim() === 'BEGIN';

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  const { text } = statement as { text?: unknown };
  return typeof text === 'string' ? text : '';
}

/** Prepared statements that a connection keeps, at most. */
const MOST_PREPARED = 500;

/**
 * Names statements by their text, so that PostgreSQL parses and plans each once per connection. Lists of many lengths make
 * many texts: past the limit, statements go unnamed and are planned each time.
 */
export function statementNames(): (statement: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    let name = names.get(sql);
    if (name === undefined) {
      // The driver takes the empty name for none.
      if (names.size >= MOST_PREPARED) return '';
      name = `s${names.size}`;
      names.set(sql, name);
    }
    return name;
  };
}
