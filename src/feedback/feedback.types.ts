import 'reflect-metadata';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MOST_RANKED } from '../../schema/messages/ranking-request.js';
import { FeedbackType } from '../platform/prisma-client/client.js';
import { Payload } from '../server/payload.js';

/** Most events of one batch: half a kilobyte for each of them in the largest request. */
export const MOST_FEEDBACK = 500;

registerEnumType(FeedbackType, {
  name: 'FeedbackType',
  description: 'What somebody did with a recommended item.',
  valuesConfig: {
    IMPRESSION: { description: 'It was shown to them.' },
    CLICK: { description: 'They looked at it more closely.' },
    PURCHASE: { description: 'They bought it.' },
  },
});

@InputType({ description: 'One thing that somebody did with an item that a model recommended.' })
export class FeedbackEventInput {
  @Field(() => String, {
    description:
      'Your id of the event, 1–255 characters, such as a UUID. An event with an id that the model has had counts no second time.',
  })
  eventId!: string;

  @Field(() => FeedbackType, { description: 'What they did.' })
  type!: FeedbackType;

  @Field(() => String, { description: 'Id of the item, as it stood in the answer.' })
  item!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The answer that the item stood in: its `recommendationId`. An item of an answer counts once as shown, once as clicked and once as bought.',
  })
  recommendationId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The version that recommended it, where the `recommendationId` is not known.',
  })
  modelVersionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Id of the user, as in the log that the recommender learnt from.',
  })
  user?: string | null;

  @Field(() => String, { nullable: true, description: 'Who it was, as in the request for the answer.' })
  visitor?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Where in the answer the item stood, 1–${MOST_RANKED.toLocaleString('en')}. Without it the event counts in figures of all positions alone.`,
  })
  position?: number | null;

  @Field(() => Date, {
    nullable: true,
    description: 'When they did it, in any order; not before the version was added. Default: now.',
  })
  at?: Date | null;
}

@InputType({ description: 'What people did with what a model recommended.' })
export class RecordFeedbackInput {
  @Field(() => ID, { description: 'The model.' })
  modelId!: string;

  @Field(() => [FeedbackEventInput], {
    description: `The events, 1–${MOST_FEEDBACK.toLocaleString('en')}. When one of them is wrong, none is recorded.`,
  })
  events!: FeedbackEventInput[];
}

@ObjectType({ description: 'How many events were recorded, or which are wrong.' })
export class RecordFeedbackPayload extends Payload {
  @Field(() => Int, { nullable: true, description: 'Events that are new.' })
  recorded?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Events that were passed over, since they are repeats of others.',
  })
  repeated?: number | null;
}
