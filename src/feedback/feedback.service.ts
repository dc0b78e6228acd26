import { requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext } from '../access/context.js';
import { requireModel } from '../models/model.lookup.js';
import type { Database } from '../platform/database.js';
import { UserError, UserErrorCode } from '../server/errors.js';
import { checkedEvents } from './feedback.events.js';
import { storeFeedback } from './feedback.store.js';
import { MOST_FEEDBACK, type RecordFeedbackInput, type RecordFeedbackPayload } from './feedback.types.js';

/** Takes in what people did with what models recommended. It isn't in the log of changes: it is data, and has its own record. */
export class FeedbackService {
  constructor(private readonly database: Database) {}

  /** All events or, when one is wrong, none; then the payload says which are wrong. */
  async record(request: RequestContext, input: RecordFeedbackInput): Promise<Partial<RecordFeedbackPayload>> {
    const context = requireTenant(request);
    const { modelId, events: given } = input;
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const model = await requireModel(context, tx, modelId, 'feedback:record', ['input', 'modelId']);
      if (given.length < 1 || given.length > MOST_FEEDBACK) {
        throw new UserError(
          UserErrorCode.INVALID_INPUT,
          `A batch has 1–${MOST_FEEDBACK.toLocaleString('en')} events; this one has ${given.length.toLocaleString('en')}. ` +
            'A batch may be sent again: events that were recorded count once.',
          ['input', 'events'],
        );
      }
      const versions = await tx.modelVersion.findMany({
        where: { tenantId: context.tenantId, modelId },
        select: { id: true, number: true, createdAt: true },
      });
      const byId = new Map(versions.map((version) => [version.id, version]));
      const checked = checkedEvents(given, { name: model.name, versions: byId });
      if ('mistakes' in checked) return { userErrors: checked.mistakes };
      const recorded = await storeFeedback(tx, context.tenantId, modelId, checked.events);
      return { recorded, repeated: given.length - recorded };
    });
  }
}
