import 'reflect-metadata';
import { Field, ID, InterfaceType } from 'type-graphql';
import { nounOf, type IdNoun } from '../platform/ids.js';

/** GraphQL type names of the nouns that `node(id)` finds. */
export const NODE_TYPES = {
  user: 'User',
  tenant: 'Tenant',
  member: 'Member',
  invitation: 'Invitation',
  project: 'Project',
  apiKey: 'ApiKey',
  dataset: 'Dataset',
  datasetVersion: 'DatasetVersion',
  experiment: 'Experiment',
  run: 'Run',
  artifact: 'Artifact',
  model: 'Model',
  modelVersion: 'ModelVersion',
  auditEvent: 'AuditEvent',
} as const satisfies Partial<Record<IdNoun, string>>;

export type NodeNoun = keyof typeof NODE_TYPES;

/** The Relay interface (relay.dev/graphql/objectidentification.htm): `@ObjectType({ implements: Node })`. */
@InterfaceType('Node', {
  description: 'Anything with an id of its own.',
  resolveType: ({ id }: { id: string }) => NODE_TYPES[nounOf(id) as NodeNoun],
})
export abstract class Node {
  @Field(() => ID, { description: 'Globally unique and opaque; its prefix says what it names.' })
  id!: string;
}
