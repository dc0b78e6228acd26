import { TypeID, typeid } from 'typeid-js';

/** What an id's prefix says. TypeID (github.com/jetify-com/typeid): prefix, underscore, UUIDv7 in base 32. */
export const ID_PREFIXES = {
  user: 'usr',
  session: 'ses',
  tenant: 'ten',
  member: 'mem',
  invitation: 'inv',
  project: 'prj',
  apiKey: 'key',
  dataset: 'dst',
  datasetVersion: 'dsv',
  experiment: 'exp',
  run: 'run',
  artifact: 'art',
  model: 'mdl',
  modelVersion: 'mdv',
  auditEvent: 'evt',
  worker: 'wrk',
  deadLetter: 'dlt',
} as const;

export type IdNoun = keyof typeof ID_PREFIXES;

/** A fresh id. Ids rise with time, so that their index stays dense. */
export function newId(noun: IdNoun): string {
  return typeid(ID_PREFIXES[noun]).toString();
}

/** The noun that an id names, or undefined when it is none of ours. Says nothing about whether the thing exists. */
export function nounOf(id: string): IdNoun | undefined {
  try {
    const prefix = TypeID.fromString(id).getType();
    return (Object.keys(ID_PREFIXES) as IdNoun[]).find((noun) => ID_PREFIXES[noun] === prefix);
  } catch {
    return undefined;
  }
}
