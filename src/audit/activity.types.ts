import { Field, ID, ObjectType } from 'type-graphql';
import { ActorKind } from '../platform/prisma-client/client.js';

@ObjectType({ description: 'Something that happened in a project.' })
export class ProjectActivity {
  @Field(() => String, { description: 'Its place: give it as `after` to go on from here.' })
  cursor!: string;

  @Field(() => String, { description: 'What was done, such as `dataset:create` or `run:succeeded`.' })
  action!: string;

  @Field(() => ID, { description: 'What it was done to.' })
  subjectId!: string;

  @Field(() => ActorKind, { description: 'Who did it.' })
  actorKind!: ActorKind;

  @Field(() => ID, { nullable: true, description: 'The user or API key; null for the platform itself.' })
  actorId!: string | null;

  @Field(() => Date, { description: 'When it was done.' })
  at!: Date;
}
