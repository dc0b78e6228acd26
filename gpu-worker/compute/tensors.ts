import type * as tf from '@tensorflow/tfjs-core';

/** Element types that models use. A `bool` is 0 or 1 in a byte. */
export type ElementType = 'float32' | 'int32' | 'bool';
export type Values = Float32Array | Int32Array | Uint8Array;

/** Shape and element type of a tensor; a scalar has the shape []. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/** A tensor's numbers outside of any engine, row-major. */
export interface Stored extends Spec {
  readonly values: Values;
}

/** Things of one kind under names, nested as deep as a model likes: `{ parameters: { weights, bias }, step }`. */
export type Tree<Leaf> = Leaf | { readonly [name: string]: Tree<Leaf> } | readonly Tree<Leaf>[];

/** A model's tensors. */
export type Tensors = Tree<tf.Tensor>;
/** The tensors that specs describe, under the same names. */
export type TensorsOf<Specs> = Specs extends Spec
  ? tf.Tensor
  : { readonly [Name in keyof Specs]: TensorsOf<Specs[Name]> };
/** The numbers of those tensors, under the same names. */
export type ValuesOf<T> = T extends tf.Tensor | Spec
  ? Values
  : { readonly [Name in keyof T]: ValuesOf<T[Name]> };
/** The same with shapes. */
export type StoredOf<T> = T extends tf.Tensor ? Stored : { readonly [Name in keyof T]: StoredOf<T[Name]> };

/** Separates the names on the way to a leaf: `parameters/output/bias`. */
const SEPARATOR = '/';

/**
 * Every leaf with the names on the way to it, in the order in which they stand. `isLeaf` tells a leaf, which is an
 * object too, from a branch.
 */
export function flatten<Leaf>(
  tree: Tree<Leaf>,
  isLeaf: (node: unknown) => node is Leaf,
  path = '',
): [path: string, leaf: Leaf][] {
  if (isLeaf(tree)) return [[path, tree]];
  return Object.entries(tree).flatMap(([name, child]) => {
    if (name.includes(SEPARATOR))
      throw new RangeError(`the name "${name}" has a ${SEPARATOR}, which separates names`);
    return flatten(child, isLeaf, path === '' ? name : `${path}${SEPARATOR}${name}`);
  });
}

/** A tree of the same form with other leaves. */
export function mapTree<From, To>(
  tree: Tree<From>,
  isLeaf: (node: unknown) => node is From,
  change: (leaf: From, path: string) => To,
  path = '',
): Tree<To> {
  if (isLeaf(tree)) return change(tree, path);
  const below = (name: string): string => (path === '' ? name : `${path}${SEPARATOR}${name}`);
  if (Array.isArray(tree)) {
    return (tree as readonly Tree<From>[]).map((child, index) =>
      mapTree(child, isLeaf, change, below(String(index))),
    );
  }
  return Object.fromEntries(
    Object.entries(tree).map(([name, child]) => [name, mapTree(child, isLeaf, change, below(name))]),
  );
}

export function isTensor(node: unknown): node is tf.Tensor {
  return typeof node === 'object' && node !== null && 'dataId' in node;
}

export function isSpec(node: unknown): node is Spec {
  return typeof node === 'object' && node !== null && 'dtype' in node && 'shape' in node;
}

export function isStored(node: unknown): node is Stored {
  return typeof node === 'object' && node !== null && 'values' in node && ArrayBuffer.isView(node.values);
}

/** Numbers with their shape; the element type is the array's. */
export function stored(shape: readonly number[], values: Values): Stored {
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`${values.length} values don't fill the shape [${shape.join(', ')}]`);
  }
  return { shape, values, dtype: elementTypeOf(values) };
}

export function elementTypeOf(values: Values): ElementType {
  const name = Object.prototype.toString.call(values);
  const type = ARRAY_NAMES[name];
  if (!type) throw new RangeError(`values of ${name} have no element type`);
  return type;
}

/** Of tfjs's name for a type. Throws a RangeError for those that steps can't use. */
export function elementTypeNamed(dtype: string): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new RangeError(`tensors of type ${dtype} can't be used in steps; use float32, int32 or bool`);
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** A copy in the array of that type: tfjs's plain JavaScript backend casts without changing the array. */
export function valuesAs(dtype: ElementType, values: ArrayLike<number>): Values {
  return ARRAYS[dtype].from(values);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((count, length) => count * length, 1);
}

/** The values under the names whose paths the tree has. */
export function named<Leaf>(tree: Tree<string>, byPath: ReadonlyMap<string, Leaf>): Tree<Leaf> {
  return mapTree<string, Leaf>(
    tree,
    (node): node is string => typeof node === 'string',
    (path) => byPath.get(path)!,
  );
}

/** A program's inputs by path. Throws a RangeError that names one which is missing or isn't what its spec says. */
export function fittingValues(
  program: string,
  specs: readonly (readonly [path: string, spec: Spec])[],
  given: unknown,
): ReadonlyMap<string, Values> {
  return new Map(
    specs.map(([path, { shape, dtype }]) => {
      const found = at(given, path);
      if (found === undefined)
        throw new RangeError(`the program "${program}" wasn't given its input "${path}"`);
      const is = ARRAY_NAMES[Object.prototype.toString.call(found)] ?? 'no such array';
      const length = ArrayBuffer.isView(found) ? (found as Values).length : NaN;
      if (is !== dtype || length !== sizeOf(shape)) {
        throw new RangeError(
          `the input "${path}" of the program "${program}" must be ${dtype}[${shape.join(', ')}]; ` +
            `it is ${Number.isNaN(length) ? typeof found : `${length} values of ${is}`}`,
        );
      }
      return [path, found as Values];
    }),
  );
}

function at(given: unknown, path: string): unknown {
  const names = path === '' ? [] : path.split(SEPARATOR);
  return names.reduce<unknown>(
    (node, name) =>
      typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined,
    given,
  );
}

/** By name, since a typed array may come from another realm, where `instanceof` fails. */
const ARRAY_NAMES: Readonly<Record<string, ElementType>> = {
  '[object Float32Array]': 'float32',
  '[object Int32Array]': 'int32',
  '[object Uint8Array]': 'bool',
};

/** Zeros of the same shapes, as an optimizer's moments are at first. */
export function zerosLike<Of extends object>(tree: Of): Of {
  return mapTree<Stored, Stored>(tree as Tree<Stored>, isStored, ({ shape, values }) =>
    stored(shape, new Float32Array(values.length)),
  ) as Of;
}
