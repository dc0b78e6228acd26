import { z } from 'zod';
import { GENERATOR_OPTIONS, LINKED_GENERATOR } from '../../schema/messages/generator-options/catalogue.js';
import { RECOMMENDER_OPTIONS } from '../../schema/messages/recommender-options/catalogue.js';
import { SEARCH_RANKER_OPTIONS } from '../../schema/messages/recommender-options/search-rankers.js';
import { PRESENCE_SECONDS } from '../../schema/messages/presence.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import type { Database } from '../platform/database.js';
import { enumValue } from '../runs/model-options.js';
import { LIMITS } from './limits.js';
import { MAX_PAGE } from './pagination.js';
import type { Generator, GeneratorOption, OptionType, ServerInfo, WorkerPool } from './server-info.types.js';

/** As z.toJSONSchema writes an option. */
interface OptionSchema {
  type?: OptionType | 'object';
  properties?: Record<string, OptionSchema>;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  enum?: unknown[];
}

/** Tells what this installation is and can do. */
export class ServerInfoService {
  readonly #generators = described({ ...GENERATOR_OPTIONS, [LINKED_GENERATOR.name]: LINKED_GENERATOR });
  readonly #recommenders = described(RECOMMENDER_OPTIONS);
  readonly #searchRankers = described(SEARCH_RANKER_OPTIONS);

  constructor(
    private readonly database: Database,
    private readonly version: string,
    private readonly maxUploadBytes: number,
  ) {}

  async info(request: RequestContext): Promise<ServerInfo> {
    return {
      version: this.version,
      time: new Date(),
      generators: this.#generators,
      recommenders: this.#recommenders,
      searchRankers: this.#searchRankers,
      workerPools: request.tenantId ? await this.#workerPools(request as TenantContext) : [],
      limits: { ...LIMITS, pageSize: MAX_PAGE, uploadBytes: this.maxUploadBytes },
    };
  }

  async #workerPools(context: TenantContext): Promise<WorkerPool[]> {
    const since = new Date(Date.now() - 5 * PRESENCE_SECONDS * 1000);
    const groups = await this.database.withTenant(scopeOf(context), (tx) =>
      tx.worker.groupBy({
        by: ['pool', 'engine', 'version', 'device'],
        where: { leftAt: null, lastSeenAt: { gte: since } },
        _count: { id: true },
        _sum: { slots: true },
        orderBy: [{ pool: 'asc' }, { engine: 'asc' }, { version: 'asc' }, { device: 'asc' }],
      }),
    );
    return groups.map(({ pool, engine, version, device, _count, _sum }) => ({
      pool,
      engine,
      engineVersion: version,
      device,
      workers: _count.id,
      slots: _sum.slots ?? 0,
    }));
  }
}

function optionsOf(schema: z.ZodType): GeneratorOption[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, OptionSchema>;
  };
  return shownOptions(properties, '');
}

/** Options within an option are named after it: `weights.title`. */
function shownOptions(properties: Record<string, OptionSchema>, within: string): GeneratorOption[] {
  return Object.entries(properties).flatMap(([name, option]): GeneratorOption[] => {
    if (option.type === 'object') return shownOptions(option.properties ?? {}, `${within}${name}.`);
    return [
      {
        name: within + name,
        description: option.description ?? '',
        type: option.type ?? 'string',
        defaultValue: option.default === undefined ? null : spelt(option, option.default),
        minimum: option.minimum ?? null,
        maximum: option.maximum ?? null,
        choices: option.enum?.map((value) => spelt(option, value)) ?? null,
      },
    ];
  });
}

function described(
  models: Record<string, { readonly summary: string; readonly options: z.ZodType }>,
): Generator[] {
  return Object.entries(models).map(([name, { summary, options }]) => ({
    name,
    summary,
    options: optionsOf(options),
  }));
}

/** Choices are enum values in GraphQL. */
const spelt = (option: OptionSchema, value: unknown): string =>
  option.enum ? enumValue(String(value)) : String(value);
