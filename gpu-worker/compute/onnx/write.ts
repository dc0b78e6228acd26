import {
  constantData,
  nodesFor,
  type Attribute,
  type ConstantData,
  type Node,
  type Value,
} from '../tracing/graph.js';
import { sizeOf } from '../tensors.js';
import { ATTRIBUTE_TYPES, DATA_TYPES, IR_VERSION, Model, OPERATOR_SET } from './protocol.js';

/** A file in ONNX's format, with the names under which the runtime knows what goes in and comes out. */
export interface OnnxModel {
  readonly file: Uint8Array;
  /** Only those that the outputs need. */
  readonly inputs: ReadonlyMap<Value, string>;
  /** In the order in which they were asked for; a value that was asked for twice has two. */
  readonly outputs: readonly string[];
}

/** Constants up to this size are written out; larger ones of one number are made when the session starts. */
const MOST_WRITTEN = 1024;

/** Writes the part of a graph that `outputs` need, as a model that computes them once. */
export function writeModel(name: string, outputs: readonly Value[]): OnnxModel {
  const { inputs, names, nodes, initializers, outputNames } = writeGraph(outputs);
  return {
    file: encode({
      name,
      node: nodes,
      initializer: initializers,
      input: inputs.map((value) => info(names(value), value)),
      output: outputs.map((value, index) => info(outputNames[index]!, value)),
    }),
    inputs: new Map(inputs.map((value) => [value, names(value)])),
    outputs: outputNames,
  };
}

export interface Loop {
  /** What a step replaces: the input that reads it, and its new value. */
  readonly carried: readonly (readonly [before: Value, after: Value])[];
  /** Inputs of which each step has its own. */
  readonly perStep: readonly Value[];
  /** What each step answers. */
  readonly answers: readonly Value[];
}

/** Name of the model's input that says how many steps it takes: int64, a scalar. */
export const STEPS = 'steps';

/**
 * Writes a step as a model that takes any number of them, one after the other, by ONNX's Loop: what is carried from one
 * to the next doesn't leave the runtime in between. Inputs of a step are stacked [steps, ...], and so are answers; the
 * outputs are what is carried, then the answers.
 */
export function writeLoop(name: string, { carried, perStep, answers }: Loop): OnnxModel {
  const body = writeGraph([...carried.map(([, after]) => after), ...answers]);
  const { names } = body;
  // A step's own input is picked from the stack; what no step changes is seen from inside the loop.
  const stacked = perStep.filter((value) => body.inputs.includes(value));
  const picked = stacked.map((value) => ({
    name: `pick_${names(value)}`,
    opType: 'Gather',
    input: [`all_${names(value)}`, 'step'],
    output: [names(value)],
  }));
  const carriedInputs = carried.map(([before]) => before);
  const fixed = body.inputs.filter((value) => !stacked.includes(value) && !carriedInputs.includes(value));
  const inLoop = {
    name: `${name}: a step`,
    node: [
      ...picked,
      { name: 'go_on', opType: 'Identity', input: ['was_on'], output: ['is_on'] },
      ...body.nodes,
    ],
    initializer: body.initializers,
    input: [
      info('step', { type: 'int64', shape: [] }),
      info('was_on', { type: 'bool', shape: [] }),
      ...carriedInputs.map((value) => info(nameIn(value), value)),
    ],
    output: [
      info('is_on', { type: 'bool', shape: [] }),
      ...[...carried.map(([, after]) => after), ...answers].map((value, index) =>
        info(body.outputNames[index]!, value),
      ),
    ],
  };
  const outputs = [...carried, ...answers].map((_, index) => `after_${index}`);
  const file = encode({
    name,
    node: [
      {
        name: 'steps_loop',
        opType: 'Loop',
        input: [STEPS, '', ...carriedInputs.map((value) => `first_${nameIn(value)}`)],
        output: outputs,
        attribute: [{ name: 'body', type: ATTRIBUTE_TYPES.graph, g: inLoop }],
      },
    ],
    input: [
      info(STEPS, { type: 'int64', shape: [] }),
      ...carriedInputs.map((value) => info(`first_${nameIn(value)}`, value)),
      ...fixed.map((value) => info(nameIn(value), value)),
      ...stacked.map((value) => info(`all_${nameIn(value)}`, value, true)),
    ],
    output: [
      ...carried.map(([before], index) => info(outputs[index]!, before)),
      ...answers.map((value, index) => info(outputs[carried.length + index]!, value, true)),
    ],
  });
  return {
    file,
    inputs: new Map([
      ...carriedInputs.map((value) => [value, `first_${nameIn(value)}`] as const),
      ...fixed.map((value) => [value, nameIn(value)] as const),
      ...stacked.map((value) => [value, `all_${nameIn(value)}`] as const),
    ]),
    outputs,
  };
}

interface WrittenGraph {
  /** Those that the outputs need. */
  readonly inputs: readonly Value[];
  readonly names: (value: Value) => string;
  readonly nodes: readonly object[];
  readonly initializers: readonly object[];
  readonly outputNames: readonly string[];
}

function writeGraph(outputs: readonly Value[]): WrittenGraph {
  const nodes = nodesFor(outputs);
  const used = [...new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs])];
  const named = namesOf(used, outputs);
  const names = (value: Value): string => named.get(value) ?? '';
  const written: object[] = [];
  const initializers: object[] = [];
  for (const value of used) {
    const data =
      constantData(value, MOST_WRITTEN) ?? (value.source.kind === 'constant' ? value.source.data : undefined);
    if (data) {
      initializers.push(tensor(names(value), value, data));
    } else if (value.source.kind === 'filled') {
      const [one, shape] = [`${names(value)}_one`, `${names(value)}_shape`];
      initializers.push(tensor(one, { ...value, shape: [] }, value.source.data));
      const lengths = BigInt64Array.from(value.shape, (length) => BigInt(length));
      initializers.push(tensor(shape, { type: 'int64', shape: [lengths.length] }, lengths));
      written.push({ name: names(value), opType: 'Expand', input: [one, shape], output: [names(value)] });
    }
  }
  for (const node of nodes) written.push(nodeMessage(node, names));
  const outputNames = outputs.map((value, index) => {
    const output = `out_${index}`;
    if (names(value) !== output)
      written.push({ name: output, opType: 'Identity', input: [names(value)], output: [output] });
    return output;
  });
  const inputs = used.filter(({ source }) => source.kind === 'input');
  return { inputs, names, nodes: written, initializers, outputNames };
}

/** A node's output has the name of the graph's output that it is; what else is asked for is copied to one. */
function namesOf(used: readonly Value[], outputs: readonly Value[]): Map<Value, string> {
  const names = new Map(used.map((value) => [value, nameIn(value)]));
  outputs.forEach((value, index) => {
    if (value.source.kind === 'node' && outputs.indexOf(value) === index) names.set(value, `out_${index}`);
  });
  return names;
}

function nameIn({ id }: Value): string {
  return `v${id}`;
}

function nodeMessage(
  { op, domain, inputs, outputs, attributes }: Node,
  names: (value: Value) => string,
): object {
  return {
    name: `${op}_${outputs[0]!.id}`,
    opType: op,
    domain,
    input: inputs.map(names),
    // An output that nothing needs has no name.
    output: outputs.map(names),
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  };
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPES.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPES.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float };
  return { name, type: ATTRIBUTE_TYPES.ints, ints: [...value] };
}

function tensor(name: string, { type, shape }: Pick<Value, 'type' | 'shape'>, data: ConstantData): object {
  if (data.length !== sizeOf(shape)) throw new RangeError(`${data.length} values for [${shape.join()}]`);
  return {
    name,
    dims: [...shape],
    dataType: DATA_TYPES[type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function info(name: string, { type, shape }: Pick<Value, 'type' | 'shape'>, perStep = false): object {
  const lengths = shape.map((length) => ({ dimValue: length }));
  const dim = perStep ? [{ dimParam: STEPS }, ...lengths] : lengths;
  return { name, type: { tensorType: { elemType: DATA_TYPES[type], shape: { dim } } } };
}

function encode(graph: object): Uint8Array {
  return Model.encode(
    Model.fromObject({
      irVersion: IR_VERSION,
      producerName: 'synthcart',
      opsetImport: [
        { domain: '', version: OPERATOR_SET },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph,
    }),
  ).finish();
}
