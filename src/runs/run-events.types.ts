import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RunEventType, RunState } from '../platform/prisma-client/client.js';
import { Run } from './run.types.js';

registerEnumType(RunEventType, {
  name: 'RunEventType',
  description: 'What happened to a run.',
  valuesConfig: {
    STATE_CHANGED: { description: 'It has another state: `state`.' },
    STEP_STARTED: { description: 'It began a step: `step`.' },
    STEP_FINISHED: { description: 'It finished a step: `step`.' },
    PROGRESS: { description: 'It is further on in a step: `step`, `progress`, `etaSeconds`.' },
    CHECKPOINTED: { description: 'A checkpoint is saved, from which it can go on.' },
    ARTIFACT_CREATED: { description: 'It has made something: `artifactId`.' },
  },
});

@ObjectType({ description: 'Something that happened to a run.' })
export class RunEvent {
  @Field(() => String, { description: 'Its place: give it as `after` to go on from here.' })
  cursor!: string;

  @Field(() => RunEventType, { description: 'What happened; says which of the other fields are set.' })
  type!: RunEventType;

  @Field(() => Int, { description: 'The attempt that it belongs to; 0 before the first.' })
  attempt!: number;

  @Field(() => RunState, { nullable: true, description: 'The state that the run has since.' })
  state!: RunState | null;

  @Field(() => String, { nullable: true, description: 'The step.' })
  step!: string | null;

  @Field(() => Float, { nullable: true, description: 'Share of the step that is done, 0–1.' })
  progress!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seconds that the step may still take.' })
  etaSeconds!: number | null;

  @Field(() => ID, { nullable: true, description: 'The artifact.' })
  artifactId!: string | null;

  @Field(() => String, { nullable: true, description: 'Why, for people.' })
  message!: string | null;

  @Field(() => Date, { description: 'When it happened.' })
  at!: Date;

  @Field(() => Run, { description: 'The run, as it is now.' })
  run!: Run;
}
