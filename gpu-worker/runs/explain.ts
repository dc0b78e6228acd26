import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Explanation } from '../../schema/messages/explanation.js';
import type { ExplainConfig } from '../../schema/messages/run-config.js';
import { SafetensorsError } from '../compute/safetensors.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import { Random } from '../compute/random.js';
import { pausing } from '../evaluation/pause.js';
import { explainUser, type ExplainedUser } from '../explain/explain-user.js';
import { pairSample } from '../explain/features/pair-sample.js';
import { knownLog, requestOf, type KnownLog } from '../explain/log-histories.js';
import { renderExplanation } from '../explain/report/report.js';
import { standIns } from '../explain/stand-ins.js';
import { faithfulnessOf, modelImportances } from '../explain/summary.js';
import { UserFailure } from '../failure.js';
import { lengthOf } from '../recommenders/interactions/interactions.js';
import { readRecommender, type NamedRecommender } from '../recommenders/read-recommender.js';
import type { FittedRecommender } from '../recommenders/recommender.js';
import type { OutputFile, Session, StepProgress } from '../session.js';
import { loadBehaviour } from '../steps/load-behaviour.js';
import type { RunResult } from './runners.js';

/** Users whose features stand for features that aren't there. */
const BACKGROUND_USERS = 8;

/** Explains what a recommender recommends to users of a log, one by one and over all. */
export async function explain(session: Session): Promise<RunResult> {
  const config = session.job.config as ExplainConfig;
  const random = Random.seeded(session.job.seed).derive('explain');
  const { engine, recommender, log, catalogue, users } = await session.step('load', async () => {
    const engine = await startEngine({ forced: session.engine, threads: session.threads });
    const recommender = await loadRecommender(session);
    const behaviour = await loadBehaviour(session, 'REAL', config);
    const log = knownLog(behaviour.interactions, recommender.model);
    requireKnownItems(log, session);
    const users = usersToExplain(log, config, random.derive('users'));
    return { engine, recommender, log, catalogue: behaviour.catalogue, users };
  });
  const { name, model } = recommender;
  const explained = await session.step('explain', (progress) =>
    session.resumable(() => explainUsers(session, { engine, model, log, users, random }, progress)),
  );
  const { explanation, report } = await session.step('evaluate', async (progress) => {
    const pause = pausing(session.signal, progress);
    const breathe = () => pause(0);
    const sample = await pairSample(model, log, catalogue, random.derive('pairs'), engine, breathe);
    await pause(0.5);
    const found = sample && (await standIns(sample, config.treeDepth, breathe));
    const faithful = faithfulnessOf(explained, session.job.seed);
    const explanation: Explanation = {
      v: 1,
      recommender: name,
      unit: model.evidenceUnit,
      users: log.interactions.users.length,
      items: model.items.length,
      k: config.k,
      explained: explained.map((user) => user.explanation),
      importances: [...modelImportances(explained), ...(found?.importances ?? [])],
      surrogates: found?.surrogates ?? [],
      faithfulUsers: faithful.users,
      faithfulness: faithful.scores,
      worlds: explained.reduce((sum, user) => sum + user.worlds, 0),
      notes: notesOf(log, explained, name, found !== undefined),
    };
    return { explanation, report: renderExplanation(explanation, contextOf(session, name, log.now)) };
  });
  model.dispose();
  const outputs = await session.step('publish', async (progress) =>
    session.publish(await writeFiles(session.folder, explanation, report), progress),
  );
  return { outputs };
}

interface Work {
  readonly engine: Engine;
  readonly model: FittedRecommender;
  readonly log: KnownLog;
  readonly users: readonly number[];
  readonly random: Random;
}

/** What a checkpoint holds: the users that are done, of the work that it belongs to. */
const Checkpoint = z.object({ work: z.string(), done: z.array(z.custom<ExplainedUser>()) });

async function explainUsers(
  session: Session,
  { engine, model, log, users, random }: Work,
  progress: StepProgress,
): Promise<ExplainedUser[]> {
  const { k, mostEvents, orderPairs } = session.job.config as ExplainConfig;
  const work = createHash('sha256')
    .update(JSON.stringify([session.job.config, session.job.seed, users]))
    .digest('hex');
  const saved = Checkpoint.safeParse(
    JSON.parse(Buffer.from((await session.checkpoint()) ?? 'null').toString()),
  );
  const done = saved.success && saved.data.work === work ? [...saved.data.done] : [];
  const others = [...log.interactions.users.keys()].filter((user) => lengthOf(log.interactions, user) > 0);
  const background = [...random.derive('background').permutation(others.length)]
    .slice(0, BACKGROUND_USERS)
    .map((place) => model.historyOf(requestOf(log, others[place]!, k)));
  const pause = pausing(session.signal, progress);
  for (const [index, user] of users.entries()) {
    if (index < done.length) continue;
    const name = log.interactions.users[user]!;
    const explained = await explainUser(name, model, requestOf(log, user, k), {
      ...{ mostEvents, pairs: orderPairs, engine, background },
      tellsTypes: log.interactions.types.length > 1,
      random: random.derive('user', name),
      pause: () => pause(index / users.length),
    });
    done.push(explained);
    session.metric('explain/worlds', index + 1, explained.worlds);
    session.metric('explain/events', index + 1, explained.explanation.events);
    await pause((index + 1) / users.length);
    if (session.checkpointDue() && index + 1 < users.length)
      await session.saveCheckpoint(Buffer.from(JSON.stringify({ work, done })));
  }
  return done;
}

async function loadRecommender(session: Session): Promise<NamedRecommender> {
  const input = session.input('MODEL');
  const path = await session.fetch(input);
  try {
    return await readRecommender(await readFile(path));
  } catch (error) {
    const isOther =
      error instanceof SafetensorsError || error instanceof z.ZodError || error instanceof RangeError;
    if (!isOther) throw error;
    throw new UserFailure(
      'INVALID_FILE',
      `"${input.label}" isn't a recommender. Give the file of kind RECOMMENDER that a RECOMMEND run made.`,
      { file: input.fileName },
    );
  }
}

function requireKnownItems({ interactions }: KnownLog, session: Session): void {
  if (interactions.item.length > 0) return;
  throw new UserFailure(
    'INSUFFICIENT_DATA',
    `The recommender knows none of the items of "${session.input('REAL').label}". Give the log that it was trained on, or a later ` +
      'one of the same shop, and name the same item column.',
  );
}

/** Places in the log's list of users. Throws UserFailure INVALID_CONFIG for an id that the log hasn't got. */
function usersToExplain({ interactions }: KnownLog, config: ExplainConfig, random: Random): number[] {
  if (!config.users) {
    const active = [...interactions.users.keys()].filter((user) => lengthOf(interactions, user) > 0);
    return [...random.permutation(active.length)]
      .slice(0, config.sampledUsers)
      .map((place) => active[place]!);
  }
  const places = new Map(interactions.users.map((id, user) => [id, user]));
  return [...new Set(config.users)].map((id) => {
    const place = places.get(id);
    if (place !== undefined) return place;
    throw new UserFailure(
      'INVALID_CONFIG',
      `The log has no user "${id}". It has ${interactions.users.length.toLocaleString('en')}, such as "${interactions.users[0]}".`,
      { field: 'users' },
    );
  });
}

function notesOf(
  log: KnownLog,
  explained: readonly ExplainedUser[],
  recommender: string,
  hasStandIns: boolean,
): string[] {
  const users = (which: (user: ExplainedUser['explanation']) => boolean): number =>
    explained.filter(({ explanation }) => which(explanation)).length;
  const empty = users(({ items }) => items.length === 0);
  const strangers = users(({ events }) => events === 0);
  const attended = explained.some(({ curves }) => curves.ATTENTION);
  return [
    'Attributions say what moves the recommender, not what moved the user.',
    ...(attended
      ? [
          'Attention says where the network looks. That is no cause: it stands beside the attributions, and is measured as one.',
        ]
      : []),
    ...(recommender === 'popularity'
      ? ['Popularity ranks alike for everybody: no event has any part in it.']
      : []),
    ...(log.unknownEvents > 0
      ? [
          `${counted(log.unknownEvents, 'event')} on items that the recommender doesn't know ${log.unknownEvents === 1 ? 'is' : 'are'} left out.`,
        ]
      : []),
    ...(strangers > 0
      ? [`Of ${counted(strangers, 'user')} the recommender knows no item: they get the popular list.`]
      : []),
    ...(empty > 0
      ? [`${counted(empty, 'user')} had all items there are: nothing is left to recommend.`]
      : []),
    ...(hasStandIns
      ? []
      : [
          'There are too few users or items for models that stand in for the whole recommender: ten of each are needed.',
        ]),
  ];
}

const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

function contextOf(session: Session, name: string, now: number) {
  const [model, log] = [session.input('MODEL'), session.input('REAL')];
  return {
    title: `${name} on ${log.label}`,
    now,
    lineage: {
      Run: `${session.job.runId}, attempt ${session.job.attempt}`,
      Recommender: `${model.label} (SHA-256 ${model.sha256})`,
      Log: `${log.label} (SHA-256 ${log.sha256})`,
      Options: JSON.stringify({ ...session.job.config, kind: undefined }),
      Seed: String(session.job.seed),
    },
  };
}

async function writeFiles(folder: string, explanation: Explanation, report: string): Promise<OutputFile[]> {
  const [path, page] = [join(folder, 'explanation.json'), join(folder, 'report.html')];
  await writeFile(path, JSON.stringify(explanation));
  await writeFile(page, report);
  return [
    { kind: 'EXPLANATION', path, fileName: 'explanation.json', mediaType: 'application/json' },
    { kind: 'REPORT', path: page, fileName: 'report.html', mediaType: 'text/html' },
  ];
}
