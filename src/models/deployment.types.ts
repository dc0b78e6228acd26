import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DeploymentChange } from '../platform/prisma-client/client.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Payload } from '../server/payload.js';
import { Model } from './model.types.js';

registerEnumType(DeploymentChange, {
  name: 'DeploymentChange',
  description: 'How what is live was changed.',
  valuesConfig: {
    PROMOTE: { description: 'One version answers everybody.' },
    SPLIT: { description: 'Two versions answer, each a share of those who ask.' },
    ROLL_BACK: { description: 'What was live before is live again.' },
    WITHDRAW: { description: 'No version answers any more.' },
  },
});

@ObjectType({ description: 'A version that is live, and how many it answers.' })
export class DeployedShare {
  @Field(() => ID, { description: 'The version.' })
  modelVersionId!: string;

  @Field(() => Int, { description: 'Its number.' })
  number!: number;

  @Field(() => Float, { description: 'Share of those who ask, above 0 and at most 1.' })
  share!: number;
}

@ObjectType({ description: 'A change of what is live.' })
export class ModelDeployment {
  @Field(() => Int, { description: '1 for the first of its model.' })
  revision!: number;

  @Field(() => DeploymentChange, { description: 'How it was changed.' })
  change!: DeploymentChange;

  @Field(() => [DeployedShare], { description: 'What was live from then on; empty: nothing.' })
  shares!: readonly DeployedShare[];

  @Field(() => ID, { description: 'The user or API key that changed it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When.' })
  createdAt!: Date;
}

const REVISION = {
  description:
    "The model's `revision` that you saw. When somebody has changed what is live since, nothing is done.",
};

@InputType({ description: 'A version that is to answer everybody who asks its model.' })
export class PromoteModelVersionInput {
  @Field(() => ID, { description: 'The version.' })
  id!: string;

  @Field(() => Int, REVISION)
  revision!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'How many of those who ask a version is to answer.' })
export class TrafficShareInput {
  @Field(() => ID, { description: 'The version.' })
  modelVersionId!: string;

  @Field(() => Float, { description: 'Their share, above 0 and below 1; both together make 1.' })
  share!: number;
}

@InputType({ description: 'Two versions that are to answer, each a share of those who ask the model.' })
export class SplitModelTrafficInput {
  @Field(() => ID, { description: 'The model.' })
  modelId!: string;

  @Field(() => [TrafficShareInput], { description: 'The two versions.' })
  shares!: TrafficShareInput[];

  @Field(() => Int, REVISION)
  revision!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'A model that is to answer again as it did before the last change.' })
export class RollBackModelInput {
  @Field(() => ID, { description: 'The model.' })
  id!: string;

  @Field(() => Int, REVISION)
  revision!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'A model that nobody is to ask any more.' })
export class WithdrawModelInput {
  @Field(() => ID, { description: 'The model.' })
  id!: string;

  @Field(() => Int, REVISION)
  revision!: number;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@ObjectType()
export abstract class DeploymentPayload extends Payload {
  @Field(() => Model, { nullable: true, description: 'The model as it is now.' })
  model?: Model | null;
}

@ObjectType({ description: 'The model with its version promoted, or why nothing was changed.' })
export class PromoteModelVersionPayload extends DeploymentPayload {}

@ObjectType({ description: 'The model with its traffic split, or why nothing was changed.' })
export class SplitModelTrafficPayload extends DeploymentPayload {}

@ObjectType({ description: 'The model as it was before the last change, or why nothing was changed.' })
export class RollBackModelPayload extends DeploymentPayload {}

@ObjectType({ description: 'The model without a live version, or why nothing was changed.' })
export class WithdrawModelPayload extends DeploymentPayload {}
