import { createHash, randomUUID } from 'node:crypto';
import { RankingRequest, type RankingReply, type Unanswered } from '../../schema/messages/ranking-request.js';
import { SearchRequest, type SearchReply } from '../../schema/messages/search-request.js';
import { formatOf } from '../compute/safetensors.js';
import { reasonsFor } from '../explain/reasons.js';
import { TransferRefused } from '../objects.js';
import { fullText } from '../parent-link.js';
import { readRecommender, type NamedRecommender } from '../recommenders/read-recommender.js';
import { foundProducts } from '../recommenders/search/found-products.js';
import { readServedRanker, SERVED_FORMAT, type ServedRanker } from '../recommenders/search/served-ranker.js';
import { LoadedModels, ModelTooLarge } from './loaded-models.js';
import type { FromServing, Question } from './serving-messages.js';

/** Whoever asked has given up long before; the load goes on for those who ask again. */
const FETCH_MILLISECONDS = 30_000;

export interface Source {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Signed GET URL. */
  readonly url: string;
}

/** What a file may hold, by what it was trained for. */
export type ServedModel =
  ({ readonly kind: 'recommender' } & NamedRecommender) | ({ readonly kind: 'search ranker' } & ServedRanker);
export type Models = LoadedModels<Source, ServedModel>;

/** At most so many bytes of models, counted by their files. */
export function servedModels(mostBytes: number): Models {
  return new LoadedModels(mostBytes, async (source: Source) => readModel(await fetchModel(source)));
}

/** Gives a file to what wrote it. Throws SafetensorsError, ZodError or RangeError for any other file. */
async function readModel(file: Uint8Array): Promise<ServedModel> {
  if (formatOf(file) === SERVED_FORMAT) return { kind: 'search ranker', ...(await readServedRanker(file)) };
  return { kind: 'recommender', ...(await readRecommender(file)) };
}

/** Answers a request in JSON, with JSON; loads the model that is asked for first where it isn't held. Never throws. */
export async function answer(
  question: Question,
  request: string,
  models: Models,
): Promise<Omit<FromServing, 'id'>> {
  try {
    return { reply: JSON.stringify(await replyTo(question, JSON.parse(request), models)) };
  } catch (error) {
    const id = randomUUID();
    const reply: Unanswered = { answer: 'FAILED', incidentId: id };
    return { reply: JSON.stringify(reply), incident: { id, detail: fullText(error) } };
  }
}

function replyTo(question: Question, request: unknown, models: Models): Promise<RankingReply | SearchReply> {
  switch (question) {
    case 'rank':
      return rank(RankingRequest.parse(request), models);
    case 'find':
      return find(SearchRequest.parse(request), models);
  }
}

function rank({ query, ...request }: RankingRequest, models: Models): Promise<RankingReply> {
  return answered(request, models, async (served): Promise<RankingReply> => {
    if (served.kind !== 'recommender') throw new TypeError(`${request.artifactId} is a ${served.kind}`);
    const ranking = served.model.rank(query);
    const { items, basis, unknown } = ranking;
    const reasons = query.reasons
      ? await reasonsFor(served.model, query, ranking, query.reasons, Date.now())
      : undefined;
    return {
      answer: 'RANKED',
      recommender: served.name,
      items: items.map(({ item, score }, place) => ({
        ...{ item, score },
        ...(reasons && { reasons: reasons[place]! }),
      })),
      basis,
      unknown: { user: unknown.user, items: [...unknown.items], platform: unknown.platform },
    };
  });
}

function find({ query, ...request }: SearchRequest, models: Models): Promise<SearchReply> {
  return answered(request, models, (served): SearchReply => {
    if (served.kind !== 'search ranker') throw new TypeError(`${request.artifactId} is a ${served.kind}`);
    return { answer: 'FOUND', ranker: served.name, ...foundProducts(served, query) };
  });
}

/** Refusals are for whoever asked; anything else is thrown. */
async function answered<Reply>(
  { artifactId, model }: Omit<RankingRequest, 'query'>,
  models: Models,
  answer: (served: ServedModel) => Reply | Promise<Reply>,
): Promise<Reply | Unanswered> {
  try {
    return await answer(await models.get({ id: artifactId, ...model }));
  } catch (error) {
    if (error instanceof ModelTooLarge) {
      const message = `The model has ${model.bytes} bytes, more than a worker of its pool may hold. Raise MODEL_CACHE_MB there.`;
      return { answer: 'REFUSED', reason: 'TOO_LARGE', message };
    }
    if (error instanceof TransferRefused && error.status === 404) {
      const message = `The file of the model "${artifactId}" was deleted.`;
      return { answer: 'REFUSED', reason: 'DELETED', message };
    }
    throw error;
  }
}

/** The file, checked against its size and SHA-256. One try: those who wait ask again. */
async function fetchModel({ id, url, bytes, sha256 }: Source): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MILLISECONDS) });
  if (!response.ok) throw new TransferRefused(response.status, await response.text().catch(() => ''));
  const file = new Uint8Array(await response.arrayBuffer());
  if (file.length !== bytes) throw new RangeError(`${id} has ${file.length} bytes instead of ${bytes}`);
  const found = createHash('sha256').update(file).digest('hex');
  if (found !== sha256) throw new RangeError(`${id} has the SHA-256 ${found}, not ${sha256}`);
  return file;
}
