import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ranking } from '../../schema/messages/ranking.js';
import type { RecommendConfig } from '../../schema/messages/run-config.js';
import { startEngine } from '../compute/engine.js';
import { UserFailure } from '../failure.js';
import { evaluateRanking } from '../recommenders/evaluation/evaluate.js';
import { afterRemembered } from '../recommenders/interactions/after-remembered.js';
import type { Interactions } from '../recommenders/interactions/interactions.js';
import { holdoutText, leakNote, requireTested, splitOf } from '../recommenders/interactions/holdout.js';
import { leaveOneOut, type Split } from '../recommenders/interactions/splits.js';
import { withoutEvents, withUsers } from '../recommenders/interactions/with-users.js';
import { popularity } from '../recommenders/popularity/popularity.js';
import { rankedCases } from '../recommenders/evaluation/ranked-cases.js';
import { rankingOf } from '../recommenders/ranking-summary.js';
import { recommenderOf } from '../recommenders/recommenders.js';
import { renderRanking } from '../recommenders/report.js';
import type { OutputFile, Session } from '../session.js';
import { loadBehaviour, type Behaviour } from '../steps/load-behaviour.js';
import { loadFormer, type Former } from '../steps/load-former.js';
import { fitSession, parsedOptions } from '../steps/train.js';
import type { RunResult } from './runners.js';

/** Trains a recommender, and finds out how well it ranks what was held out. */
export async function recommend(session: Session): Promise<RunResult> {
  const config = session.job.config as RecommendConfig;
  const recommender = recommenderOf(config.recommender);
  const options = parsedOptions(`the recommender "${recommender.name}"`, recommender.config, config.options);
  const { engine, real, former, split, training, notes } = await session.step('load', async () => {
    const engine = await startEngine({ forced: session.engine, threads: session.threads });
    const real = await loadBehaviour(session, 'REAL', config);
    const synthetic =
      config.trainOn === 'REAL' ? undefined : await loadBehaviour(session, 'SYNTHETIC', config);
    const former = config.continues && (await loadFormer(session, recommender));
    const split =
      former && config.continues === 'NEW_EVENTS'
        ? sinceFormer(former, real.interactions)
        : splitOf(real.interactions, config);
    const { training, notes } = trainingOf(split, synthetic, config);
    return {
      ...{ engine, real, former, split, training },
      notes: [...(synthetic ? [leak(session, real, config)] : []), ...notes],
    };
  });
  const data = { interactions: training, catalogue: real.catalogue, continues: former?.file };
  const model = await session.step('train', async (progress) => {
    const fitting = await fitSession(session, engine, progress);
    return session.resumable(() => recommender.fit(data, options, fitting));
  });
  const { ranking, report } = await session.step('evaluate', async (progress) => {
    const { cutoffs, coldEvents } = config;
    const of = {
      ...{ cutoffs, coldEvents, seed: session.job.seed, signal: session.signal },
      // What others did in truth, whatever was learnt from.
      train: split.train,
    };
    const scored = await evaluateRanking(model, split.cases, of.train, {
      ...of,
      engine,
      progress: (fraction) => progress(0.8 * fraction),
    });
    const quiet = { ...(await fitSession(session, engine, () => undefined)), metric: () => undefined };
    const baseline = await popularity.fit(data, popularity.config.parse({}), quiet);
    const beside = await evaluateRanking(baseline, split.cases, of.train, {
      ...of,
      progress: (fraction) => progress(0.8 + 0.2 * fraction),
    });
    const ranking = rankingOf(scored, beside, {
      recommender: recommender.name,
      users: split.train.users.length,
      items: split.train.items.length,
      realInteractions: config.trainOn === 'SYNTHETIC' ? 0 : split.train.item.length,
      syntheticInteractions:
        training.item.length - (config.trainOn === 'SYNTHETIC' ? 0 : split.train.item.length),
      coldEvents,
      cases: rankedCases(split.train, split.cases, scored.ranks, Math.max(...cutoffs)),
      notes: [...notesOf(real), ...notes, ...continuedNotes(config, former), ...untestedNote(split)],
    });
    return { ranking, report: renderRanking(ranking, contextOf(session, config)) };
  });
  const outputs = await session.step('publish', async (progress) => {
    const files = await writeFiles(session.folder, await model.save(), ranking, report);
    return session.publish(files, progress);
  });
  model.dispose();
  return { outputs };
}

/** The model has learnt from what it remembers, so only what is new can be held out. */
function sinceFormer({ knowledge }: Former, log: Interactions): Split {
  const { interactions, hasNew } = afterRemembered(knowledge, log);
  return requireTested(leaveOneOut(interactions, hasNew));
}

function continuedNotes({ continues }: RecommendConfig, former: Former | undefined): string[] {
  switch (continues) {
    case undefined:
      return [];
    case 'WHOLE_LOG':
      return [
        'What is held out may have been learnt by the model that this one goes on from, if that one was trained with another share held out.',
      ];
    case 'NEW_EVENTS':
      return former?.knowledge.users.length === 0
        ? [
            'The model that this one goes on from remembers no users: similar items are counted in the new events alone, and it may forget what those do not show.',
          ]
        : [];
  }
}

function trainingOf(
  { train }: Split,
  synthetic: Behaviour | undefined,
  { trainOn, syntheticRatio }: RecommendConfig,
): { readonly training: Interactions; readonly notes: readonly string[] } {
  if (!synthetic) return { training: train, notes: [] };
  const base = trainOn === 'SYNTHETIC' ? withoutEvents(train) : train;
  const wanted = syntheticRatio === undefined ? Infinity : Math.round(syntheticRatio * train.item.length);
  const { interactions, unknownItems } = withUsers(base, synthetic.interactions, Math.max(1, wanted));
  const learnt = interactions.item.length - base.item.length;
  if (learnt === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      'The synthetic log and the real one have no item in common. Synthesize it from this log, and name the same item column for both.',
    );
  }
  const notes =
    unknownItems > 0
      ? [
          `${counted(unknownItems, 'synthetic event')} on items that the real log hasn't got ${unknownItems === 1 ? 'is' : 'are'} left out.`,
        ]
      : [];
  // A user more would have been too many; many fewer is a log that is too short.
  if (
    learnt < 0.9 * wanted &&
    wanted < Infinity &&
    unknownItems + learnt >= synthetic.interactions.item.length
  ) {
    notes.push(
      `The synthetic log has ${counted(learnt, 'interaction')} to learn from, fewer than the ${wanted.toLocaleString('en')} that the ratio of ${syntheticRatio} asks for.`,
    );
  }
  return { training: interactions, notes };
}

function leak(session: Session, { columns }: Behaviour, config: RecommendConfig): string {
  const { sha256 } = session.input('REAL');
  return leakNote(session.input('SYNTHETIC').learntFrom, { sha256, columns, holdout: config });
}

function notesOf({ notes }: Behaviour): string[] {
  const told: readonly (readonly [count: number, what: string])[] = [
    [notes.incomplete, 'without a user or a time: left out'],
    [notes.withoutItem, 'without an item: left out'],
    [notes.otherTypes, 'of types that do not count: left out'],
    [notes.duplicated, 'the same as another: counted once'],
    [notes.joined, 'on the same item as the one before: joined with it'],
    [notes.outOfOrder, 'behind later ones of their user: sorted by time'],
  ];
  return told.filter(([count]) => count > 0).map(([count, what]) => `${counted(count, 'event')} ${what}.`);
}

const untestedNote = ({ untested }: Split): string[] =>
  untested > 0
    ? [`${counted(untested, 'user')} can't be tested: too few interactions, or none in what was held out.`]
    : [];

const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

function contextOf(session: Session, config: RecommendConfig) {
  const [real, synthetic] = [session.input('REAL'), session.optionalInput('SYNTHETIC')];
  const former = session.optionalInput('MODEL');
  return {
    title: `${config.recommender} on ${real.label}`,
    lineage: {
      Run: `${session.job.runId}, attempt ${session.job.attempt}`,
      'Real log': `${real.label} (SHA-256 ${real.sha256})`,
      ...(synthetic && { 'Synthetic log': `${synthetic.label} (SHA-256 ${synthetic.sha256})` }),
      ...(former && { 'Goes on from': `${former.label} (SHA-256 ${former.sha256})` }),
      'Learnt from': { REAL: 'real users', SYNTHETIC: 'synthetic users', BOTH: 'both' }[config.trainOn],
      'Held out': holdoutText(config),
      Options: JSON.stringify(config.options),
      Seed: String(session.job.seed),
    },
  };
}

async function writeFiles(
  folder: string,
  model: Uint8Array,
  ranking: Ranking,
  report: string,
): Promise<OutputFile[]> {
  const write = async (file: Omit<OutputFile, 'path'>, content: string | Uint8Array): Promise<OutputFile> => {
    const path = join(folder, file.fileName);
    await writeFile(path, content);
    return { ...file, path };
  };
  return [
    await write(
      {
        kind: 'RECOMMENDER',
        fileName: 'recommender.safetensors',
        mediaType: 'application/octet-stream',
      },
      model,
    ),
    await write(
      { kind: 'RANKING', fileName: 'ranking.json', mediaType: 'application/json' },
      JSON.stringify(ranking),
    ),
    await write({ kind: 'REPORT', fileName: 'report.html', mediaType: 'text/html' }, report),
  ];
}
