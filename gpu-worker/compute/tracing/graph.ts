import { sizeOf, type ElementType } from '../tensors.js';

/**
 * A computation as a graph of ONNX operations, written down while plain tfjs code runs (`backend.ts`). Shapes are
 * static. What is equal exists once; `operations.ts` shortens what it can before it
 * is built. Nodes that no output needs are never written out, since writing starts from the outputs.
 */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface Node {
  readonly op: string;
  readonly domain: '' | 'com.microsoft';
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: Value[];
}

/** `int64` is there for shapes and axes alone, which ONNX wants in it. */
export type GraphType = ElementType | 'int64';
export type ConstantData = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** One tensor in the graph: an input, a constant, or a node's output. */
export interface Value {
  /** Unique in its graph, in the order of building: a node's inputs have smaller ones than its outputs. */
  readonly id: number;
  readonly shape: readonly number[];
  readonly type: GraphType;
  readonly source:
    | { readonly kind: 'input'; readonly name: string }
    | { readonly kind: 'constant'; readonly data: ConstantData }
    /** Every element is the one of `data`; kept small however large the shape. */
    | { readonly kind: 'filled'; readonly data: ConstantData }
    | { readonly kind: 'node'; readonly node: Node };
}

/** What the graph is written for, where that makes a difference. */
export interface Target {
  /**
   * How rows are added up by index. `rows` is the faster operation; with several threads on a processor, onnxruntime
   * 1.30 lets them add to the same row at the same time and loses sums, so there it must be `elements`.
   */
  readonly scatters: 'rows' | 'elements';
  /** Whether products of tall matrices are cut in parts, as suits a processor's cache. Only processors know the operation. */
  readonly tallProducts: 'parts' | 'whole';
}

export class Graph {
  readonly #built = new Map<string, readonly Value[]>();
  /** Constants by a digest; several may share one. */
  readonly #constants = new Map<string, Value[]>();
  #lastId = 0;

  constructor(readonly target: Target = { scatters: 'elements', tallProducts: 'parts' }) {}

  input(name: string, shape: readonly number[], type: ElementType): Value {
    return this.#value(shape, type, { kind: 'input', name });
  }

  constant(data: ConstantData, shape: readonly number[], type: GraphType): Value {
    const size = sizeOf(shape);
    if (data.length !== size) throw new RangeError(`${data.length} values for a shape of ${size}`);
    // `Object.is` tells −0 from 0 and finds NaN equal to itself.
    if (size > 1 && data.every((value) => Object.is(value, data[0])))
      return this.filled(data.slice(0, 1), shape, type);
    const key = `${type}[${shape.join()}]${digestOf(data)}`;
    const alike = this.#constants.get(key) ?? [];
    const same = alike.find(({ source }) => source.kind === 'constant' && equal(source.data, data));
    if (same) return same;
    const value = this.#value(shape, type, { kind: 'constant', data });
    this.#constants.set(key, [...alike, value]);
    return value;
  }

  /** A tensor whose elements are all the one of `data`. */
  filled(data: ConstantData, shape: readonly number[], type: GraphType): Value {
    if (sizeOf(shape) <= 1) return this.constant(data.slice(0, sizeOf(shape)), shape, type);
    const key = `filled ${type}[${shape.join()}] ${bytesOf(data)}`;
    return this.#once(key, () => [this.#value(shape, type, { kind: 'filled', data })])[0]!;
  }

  /** A list of lengths or axes, as ONNX's operations take them. */
  integers(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    return this.#once(`int64 [${values.join()}]`, () => [
      this.#value([values.length], 'int64', { kind: 'constant', data }),
    ])[0]!;
  }

  /** Adds a node with one output, or finds the equal one that is there. */
  node(
    op: string,
    inputs: readonly Value[],
    output: { readonly shape: readonly number[]; readonly type: GraphType },
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node['domain'] = '',
  ): Value {
    return this.nodes(op, inputs, [output], attributes, domain)[0]!;
  }

  /** The same with several outputs. */
  nodes(
    op: string,
    inputs: readonly Value[],
    outputs: readonly { readonly shape: readonly number[]; readonly type: GraphType }[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node['domain'] = '',
  ): readonly Value[] {
    const key = `${domain}.${op}(${inputs.map(({ id }) => id).join()})${JSON.stringify(attributes)}${outputs
      .map(({ type, shape }) => `${type}[${shape.join()}]`)
      .join()}`;
    return this.#once(key, () => {
      const node: Node = { op, domain, inputs, attributes, outputs: [] };
      node.outputs.push(
        ...outputs.map(({ shape, type }) => this.#value(shape, type, { kind: 'node', node })),
      );
      return node.outputs;
    });
  }

  #once(key: string, make: () => readonly Value[]): readonly Value[] {
    const known = this.#built.get(key);
    if (known) return known;
    const made = make();
    this.#built.set(key, made);
    return made;
  }

  #value(shape: readonly number[], type: GraphType, source: Value['source']): Value {
    return { id: this.#lastId++, shape: [...shape], type, source };
  }
}

/** Nodes that the values need, each after those whose outputs it takes. */
export function nodesFor(outputs: readonly Value[]): Node[] {
  const found = new Set<Node>();
  const waiting = outputs.flatMap(nodeOf);
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    waiting.push(...node.inputs.flatMap(nodeOf));
  }
  return [...found].sort((a, b) => a.outputs[0]!.id - b.outputs[0]!.id);
}

export function nodeOf({ source }: Value): Node[] {
  return source.kind === 'node' ? [source.node] : [];
}

/** The numbers of a constant of at most `most` elements; undefined for anything else. */
export function constantData({ source, shape }: Value, most = Infinity): ConstantData | undefined {
  switch (source.kind) {
    case 'constant':
      return source.data.length <= most ? source.data : undefined;
    case 'filled': {
      const size = sizeOf(shape);
      if (size > most) return undefined;
      const all = new (source.data.constructor as new (length: number) => ConstantData)(size);
      return all.fill(source.data[0] as never);
    }
    case 'input':
    case 'node':
      return undefined;
  }
}

/** The number that every element of a constant is; undefined where they differ or aren't known. */
export function onlyElement({ source }: Value): number | undefined {
  const known = source.kind === 'filled' || (source.kind === 'constant' && source.data.length === 1);
  return known ? Number(source.data[0]) : undefined;
}

function bytesOf(data: ConstantData): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** Short, and rarely the same for other numbers. */
function digestOf(data: ConstantData): string {
  if (data.length <= 64) return bytesOf(data);
  const step = Math.max(1, Math.floor(data.length / 32));
  return Array.from({ length: 32 }, (_, at) => String(data[Math.min(at * step, data.length - 1)])).join();
}

function equal(a: ConstantData, b: ConstantData): boolean {
  return a.length === b.length && a.every((value, at) => Object.is(value, b[at]));
}
