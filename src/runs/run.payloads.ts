import { Field, ObjectType } from 'type-graphql';
import { Payload } from '../server/payload.js';
import { Run } from './run.types.js';

@ObjectType()
export abstract class RunPayload extends Payload {
  @Field(() => Run, { nullable: true, description: 'The run.' })
  run?: Run | null;
}

@ObjectType({ description: 'The queued run, or why there is none.' })
export class StartRunPayload extends RunPayload {}

@ObjectType({ description: 'The run after the change, or why nothing was changed.' })
export class UpdateRunPayload extends RunPayload {}

@ObjectType({ description: 'The run, CANCELLED or CANCELLING, or why it goes on.' })
export class CancelRunPayload extends RunPayload {}

@ObjectType({ description: 'The run, PAUSED or PAUSING, or why it goes on.' })
export class PauseRunPayload extends RunPayload {}

@ObjectType({ description: 'The run, QUEUED again, or why it is not.' })
export class ResumeRunPayload extends RunPayload {}

@ObjectType({ description: 'The new run, or why there is none.' })
export class RetryRunPayload extends RunPayload {}
