import type { InputRole, RecommendConfig } from '../../schema/messages/run-config.js';
import { rolesOf } from '../events/roles.js';
import { catalogueOf, type Catalogue } from '../recommenders/features/catalogue.js';
import { interactionsOfLog, type LogInteractions } from '../recommenders/interactions/log-interactions.js';
import type { Session } from '../session.js';
import type { Table } from '../tables/table.js';
import { loadTable } from './load-table.js';

/** What a log tells: who interacted with what, and what the items are like. */
export interface Behaviour extends LogInteractions {
  /** The log's. */
  readonly columns: Table['columns'];
  readonly catalogue: Catalogue | undefined;
}

/** Fetches an event log of the job and reads the histories of its users. */
export async function loadBehaviour(
  session: Session,
  role: InputRole,
  config: Pick<RecommendConfig, 'events' | 'platform' | 'types' | 'attributes'>,
): Promise<Behaviour> {
  const table = await loadTable(session, session.input(role));
  const roles = rolesOf(
    table.columns.map(({ schema }) => schema),
    config.events ?? {},
  );
  const { platform, types, attributes } = config;
  return {
    columns: table.columns,
    ...interactionsOfLog(table, roles, { platform, types }),
    catalogue: attributes && catalogueOf(table, { item: roles.item, ...attributes }),
  };
}
