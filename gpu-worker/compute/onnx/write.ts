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
  readonly nodes: number;
}

/** Constants up to this size are written out; larger ones of one number are made when the session starts. */
const MOST_WRITTEN = 1024;

/** Writes the part of a graph that `outputs` need. */
export function writeModel(name: string, outputs: readonly Value[]): OnnxModel {
  const nodes = nodesFor(outputs);
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs]);
  const inputs = [...used].filter(({ source }) => source.kind === 'input');
  const names = namesOf([...used], outputs);
  const nameOf = (value: Value): string => names.get(value) ?? '';
  const written: object[] = [];
  const initializers: object[] = [];

  for (const value of used) {
    const data =
      constantData(value, MOST_WRITTEN) ?? (value.source.kind === 'constant' ? value.source.data : undefined);
    if (data) {
      initializers.push(tensor(nameOf(value), value, data));
    } else if (value.source.kind === 'filled') {
      const [one, shape] = [`${nameOf(value)}_one`, `${nameOf(value)}_shape`];
      initializers.push(tensor(one, { ...value, shape: [] }, value.source.data));
      const lengths = BigInt64Array.from(value.shape, (length) => BigInt(length));
      initializers.push(tensor(shape, { type: 'int64', shape: [lengths.length] }, lengths));
      written.push({ name: nameOf(value), opType: 'Expand', input: [one, shape], output: [nameOf(value)] });
    }
  }
  for (const node of nodes) written.push(nodeMessage(node, nameOf));
  const outputNames = outputs.map((value, index) => {
    const output = `out_${index}`;
    if (nameOf(value) !== output)
      written.push({ name: output, opType: 'Identity', input: [nameOf(value)], output: [output] });
    return output;
  });

  const file = Model.encode(
    Model.fromObject({
      irVersion: IR_VERSION,
      producerName: 'synthcart',
      opsetImport: [
        { domain: '', version: OPERATOR_SET },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name,
        node: written,
        initializer: initializers,
        input: inputs.map((value) => info(nameOf(value), value)),
        output: outputs.map((value, index) => info(outputNames[index]!, value)),
      },
    }),
  ).finish();
  return {
    file,
    inputs: new Map(inputs.map((value) => [value, nameOf(value)])),
    outputs: outputNames,
    nodes: nodes.length,
  };
}

/** A node's output has the name of the model's output that it is; what else is asked for is copied to one. */
function namesOf(used: readonly Value[], outputs: readonly Value[]): Map<Value, string> {
  const names = new Map<Value, string>(used.map((value) => [value, `v${value.id}`]));
  outputs.forEach((value, index) => {
    if (value.source.kind === 'node' && outputs.indexOf(value) === index) names.set(value, `out_${index}`);
  });
  return names;
}

function nodeMessage(
  { op, domain, inputs, outputs, attributes }: Node,
  nameOf: (value: Value) => string,
): object {
  return {
    name: `${op}_${outputs[0]!.id}`,
    opType: op,
    domain,
    input: inputs.map(nameOf),
    // An output that nothing needs has no name of its own.
    output: outputs.map(nameOf),
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

function info(name: string, { type, shape }: Value): object {
  return {
    name,
    type: {
      tensorType: {
        elemType: DATA_TYPES[type],
        shape: { dim: shape.map((length) => ({ dimValue: length })) },
      },
    },
  };
}
