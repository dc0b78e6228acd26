import * as tf from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { elementTypeNamed, valuesAs, sizeOf } from '../tensors.js';
import { constantData, onlyElement, type ConstantData, type Graph, type Value } from './graph.js';
import { ELEMENTWISE } from './kernels/elementwise.js';
import type { Attributes } from './kernels/kernel.js';

/** Constants larger than this are computed when the graph starts or runs, so that the graph stays small. */
const MOST_ELEMENTS = 65_536;

/**
 * An operation on constants alone is done at once, by tfjs's plain JavaScript engine. Where every element is the same,
 * one is computed for all. Undefined where an input isn't constant.
 */
export function foldConstants(
  graph: Graph,
  name: string,
  inputs: ReadonlyMap<string, Value>,
  attributes: Attributes,
): Value | undefined {
  if (name === 'Fill') return undefined;
  const values = [...inputs.values()];
  if (
    values.length > 0 &&
    Object.hasOwn(ELEMENTWISE, name) &&
    values.every((value) => onlyElement(value) !== undefined)
  ) {
    const shape = values
      .map((value) => [...value.shape])
      .reduce((all, next) => tf.broadcast_util.assertAndGetBroadcastShape(all, next));
    const scalars = new Map(
      [...inputs].map(([key, { source, type }]) => [key, scalar(source, type)] as const),
    );
    const result = compute(name, scalars, attributes);
    return result && graph.filled(result.data, shape, elementTypeNamed(result.dtype));
  }
  const elements = values.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (elements > MOST_ELEMENTS) return undefined;
  const known = new Map<string, Known>();
  for (const [key, value] of inputs) {
    const data = constantData(value);
    if (!data || value.type === 'int64') return undefined;
    known.set(key, { data, shape: value.shape, dtype: value.type });
  }
  const result = compute(name, known, attributes);
  if (!result || result.data.length > MOST_ELEMENTS) return undefined;
  return graph.constant(result.data, result.shape, elementTypeNamed(result.dtype));
}

interface Known {
  readonly data: ConstantData;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

function scalar(source: Value['source'], type: Value['type']): Known {
  if (source.kind !== 'constant' && source.kind !== 'filled')
    throw new RangeError('this value has no element');
  return { data: source.data.slice(0, 1), shape: [], dtype: type as tf.DataType };
}

/** Undefined for what has several outputs, or what that engine can't do. */
function compute(
  name: string,
  inputs: ReadonlyMap<string, Known>,
  attributes: Attributes,
): Known | undefined {
  const kernel = tf.getKernel(name, 'cpu');
  if (!kernel) return undefined;
  const backend = tf.findBackend('cpu') as MathBackendCPU;
  const infos = [...inputs].map(
    ([key, { shape, dtype, data }]) =>
      [key, backend.makeTensorInfo([...shape], dtype, data as tf.BackendValues)] as const,
  );
  const list = infos.every(([key], index) => key === String(index));
  const result = kernel.kernelFunc({
    inputs: (list
      ? infos.map(([, info]) => info)
      : Object.fromEntries(infos)) as unknown as tf.NamedTensorInfoMap,
    backend,
    attrs: attributes as unknown as tf.NamedAttrMap,
  });
  const computed = Array.isArray(result) ? undefined : result;
  const found = computed && {
    data: backend.data.get(computed.dataId).values as ArrayLike<number>,
    shape: computed.shape,
    dtype: computed.dtype,
  };
  for (const info of [...infos.map(([, each]) => each), ...(Array.isArray(result) ? result : [result])])
    backend.disposeData(info.dataId, true);
  return found && { ...found, data: valuesAs(elementTypeNamed(found.dtype), found.data) };
}
