import type { JobInput } from '../../../schema/messages/job.js';
import type { Holdout } from '../../../schema/messages/run-config.js';
import { UserFailure } from '../../failure.js';
import { rolesOf } from '../../events/roles.js';
import type { Table } from '../../tables/table.js';
import type { Interactions } from './interactions.js';
import { leaveOneOut, timeAt, timeSplit, type Split } from './splits.js';

/** Throws UserFailure INSUFFICIENT_DATA when nothing can be tested or nothing is left to learn from. */
export function splitOf(all: Interactions, { testShare }: Pick<Holdout, 'testShare'>): Split {
  return requireTested(testShare === undefined ? leaveOneOut(all) : latest(all, testShare));
}

/** The same split. Throws as `splitOf` does. */
export function requireTested(split: Split): Split {
  if (split.cases.length > 0 && split.train.item.length > 0) return split;
  throw new UserFailure(
    'INSUFFICIENT_DATA',
    'No user of the log has two interactions, so that none can be held out from learning. Give a log that follows users for longer, or name another column for the user.',
  );
}

function latest(all: Interactions, share: number): Split {
  try {
    return timeSplit(all, timeAt(all, 1 - share));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `The latest ${Math.round(100 * share)} % of the events can't be held out: ${error.message}. Choose another share, or leave it out to hold out each user's last item.`,
      { field: 'testShare' },
    );
  }
}

/** In words, such as "the last item of each user". */
export const holdoutText = ({ testShare }: Pick<Holdout, 'testShare'>): string =>
  testShare === undefined
    ? 'the last item of each user'
    : `the latest ${Math.round(100 * testShare)} % of the events`;

/** Whether two holdouts of one table are of the same events, however their columns were named or guessed. */
export function sameHoldout(columns: Table['columns'], one: Holdout, other: Holdout): boolean {
  const schemas = columns.map(({ schema }) => schema);
  const [a, b] = [one, other].map(({ events, platform, types, testShare }) => {
    const { user, time, item, type } = rolesOf(schemas, events ?? {});
    return JSON.stringify([user, time, item, type, platform, types && [...types].sort(), testShare]);
  });
  return a === b;
}

const REMEDY =
  'For a fair test, synthesize from this version of the log with `withhold`, with the same columns, types and share as here.';

/** Whether the generator of a synthetic log may have seen what a test on a real log holds out, in plain sentences. */
export function leakNote(
  source: JobInput['learntFrom'],
  real: { readonly sha256: string; readonly columns: Table['columns']; readonly holdout: Holdout },
): string {
  if (!source)
    return `What the test holds out of the real log may have been seen by the generator of the synthetic one. ${REMEDY}`;
  if (source.sha256 !== real.sha256)
    return `The synthetic log was learnt from another table than this real log: the test's events may have been in it. ${REMEDY}`;
  if (!source.withheld)
    return `The generator of the synthetic log has seen the very events that the test holds out: the scores are too good. ${REMEDY}`;
  return sameHoldout(real.columns, source.withheld, real.holdout)
    ? 'What the test holds out was withheld from the generator of the synthetic log, too.'
    : `Other events than those of the test were withheld from the generator of the synthetic log (${holdoutText(source.withheld)}): it may have seen some of the test's. ${REMEDY}`;
}
