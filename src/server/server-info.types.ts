import 'reflect-metadata';
import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ByteCount } from './scalars.js';

/** By the names that JSON Schema has for them. */
const OPTION_TYPES = { INTEGER: 'integer', NUMBER: 'number', STRING: 'string', BOOLEAN: 'boolean' } as const;
export type OptionType = (typeof OPTION_TYPES)[keyof typeof OPTION_TYPES];

registerEnumType(OPTION_TYPES, {
  name: 'GeneratorOptionType',
  description: 'What the value of an option is.',
  valuesConfig: {
    INTEGER: { description: 'A whole number.' },
    NUMBER: { description: 'A number.' },
    STRING: { description: 'A text, or one of `choices`.' },
    BOOLEAN: { description: 'True or false.' },
  },
});

@ObjectType({ description: 'An option of a generator, a recommender or a search ranker.' })
export class GeneratorOption {
  @Field(() => String, {
    description:
      'Its name, as in the options of a run; `weights.title` is the option `title` within `weights`.',
  })
  name!: string;

  @Field(() => String, { description: 'What it means, its range, and what changing it does.' })
  description!: string;

  @Field(() => OPTION_TYPES, { description: 'What its value is.' })
  type!: OptionType;

  @Field(() => String, {
    nullable: true,
    description: 'Its default, as text, spelt as in the input of a run; null: chosen by the generator.',
  })
  defaultValue!: string | null;

  @Field(() => Float, { nullable: true, description: 'The smallest value; null: none.' })
  minimum!: number | null;

  @Field(() => Float, { nullable: true, description: 'The largest value; null: none.' })
  maximum!: number | null;

  @Field(() => [String], {
    nullable: true,
    description: 'The only values that it takes, spelt as in the input of a run; null: any of its type.',
  })
  choices!: string[] | null;
}

@ObjectType({ description: 'A model that makes data.' })
export class Generator {
  @Field(() => String, { description: 'Its name, as in the config of a run.' })
  name!: string;

  @Field(() => String, { description: 'What it does, and what it is good at.' })
  summary!: string;

  @Field(() => [GeneratorOption], { description: 'What can be set.' })
  options!: GeneratorOption[];
}

@ObjectType({ description: 'A model that ranks items for users.' })
export class Recommender {
  @Field(() => String, { description: 'Its name, as in the config of a run.' })
  name!: string;

  @Field(() => String, { description: 'What it does, and what it is good at.' })
  summary!: string;

  @Field(() => [GeneratorOption], { description: 'What can be set.' })
  options!: GeneratorOption[];
}

@ObjectType({ description: 'A model that finds products for the words that somebody types.' })
export class SearchRanker {
  @Field(() => String, { description: 'Its name, as in the config of a run.' })
  name!: string;

  @Field(() => String, { description: 'What it does, and what it is good at.' })
  summary!: string;

  @Field(() => [GeneratorOption], { description: 'What can be set.' })
  options!: GeneratorOption[];
}

@ObjectType({ description: 'Workers with the same hardware label, engine and device.' })
export class WorkerPool {
  @Field(() => String, { description: 'The hardware label.' })
  pool!: string;

  @Field(() => String, {
    description:
      'What they compute with: `tensorflow`, `onnx-cuda`, `onnx-webgpu`, `tfjs-webgpu`, `onnx-cpu`, `tfjs-wasm` or ' +
      '`tfjs-cpu`.',
  })
  engine!: string;

  @Field(() => String, { description: 'The version of the engine.' })
  engineVersion!: string;

  @Field(() => String, { description: 'What they compute on.' })
  device!: string;

  @Field(() => Int, { description: 'How many workers are here now.' })
  workers!: number;

  @Field(() => Int, { description: 'How many runs they take at the same time.' })
  slots!: number;
}

@ObjectType({ description: 'What one operation may ask, over HTTP and WebSocket alike.' })
export class ServerLimits {
  @Field(() => ByteCount, { description: 'Size of a request or message.' })
  bytes!: number;

  @Field(() => Int, { description: 'Lexical tokens of a document.' })
  tokens!: number;

  @Field(() => Int, { description: 'Nested selections.' })
  depth!: number;

  @Field(() => Int, { description: 'Aliased fields.' })
  aliases!: number;

  @Field(() => Int, { description: 'Fields at the root.' })
  rootFields!: number;

  @Field(() => Int, { description: 'Fields that the answer could have, each item of a page counted.' })
  cost!: number;

  @Field(() => Int, { description: 'Items of a page.' })
  pageSize!: number;

  @Field(() => ByteCount, { description: 'Size of an uploaded file.' })
  uploadBytes!: number;
}

@ObjectType({ description: 'What this installation is and can do.' })
export class ServerInfo {
  @Field(() => String, { description: 'The version of the gateway.' })
  version!: string;

  @Field(() => Date, { description: 'The time of the gateway.' })
  time!: Date;

  @Field(() => [Generator], { description: 'The generators that runs may use.' })
  generators!: Generator[];

  @Field(() => [Recommender], { description: 'The recommenders that runs may use.' })
  recommenders!: Recommender[];

  @Field(() => [SearchRanker], { description: 'The search rankers that runs may use.' })
  searchRankers!: SearchRanker[];

  @Field(() => [WorkerPool], {
    description: 'The workers that are here now. Empty for callers who are not signed in.',
  })
  workerPools!: WorkerPool[];

  @Field(() => ServerLimits, { description: 'What one operation may ask.' })
  limits!: ServerLimits;
}
