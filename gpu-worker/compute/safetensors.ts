/**
 * The safetensors file format (huggingface/safetensors, README "Format"): 8 bytes with the header's length N (unsigned,
 * little endian), N bytes of JSON that begin with `{` and may end in spaces, then the tensors' bytes, little endian,
 * row-major, without gaps. `data_offsets` count from the end of the header.
 */

/** The element types that we write; each has a typed array of its own. */
const ELEMENT_TYPES = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U16: Uint16Array,
  U8: Uint8Array,
} as const;
type ElementType = keyof typeof ELEMENT_TYPES;

export type TensorValues = Float32Array | Float64Array | Int32Array | Uint16Array | Uint8Array;

export interface StoredTensor {
  /** Sizes of the dimensions; none for a scalar. */
  readonly shape: readonly number[];
  /** Row-major; its length is the product of the shape. */
  readonly values: TensorValues;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The file isn't safetensors, or is cut off, or its header contradicts its bytes. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

const HEADER_LENGTH_BYTES = 8;
/** The limit that the reference implementation sets. */
const LARGEST_HEADER_BYTES = 100_000_000;
/** Tensors start at multiples of this, as the largest element needs. */
const ALIGNMENT_BYTES = 8;

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error('safetensors holds little-endian numbers, and this machine is big endian');
}

export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  // Widest elements first, so that each tensor stays aligned without the gaps that the format forbids.
  const entries = [...tensors].sort(
    ([, a], [, b]) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT,
  );
  let length = 0;
  for (const [name, { shape, values }] of entries) {
    if (name === '__metadata__') throw new RangeError('a tensor can\'t be called "__metadata__"');
    if (elementCount(shape) !== values.length) {
      throw new RangeError(
        `tensor "${name}" has ${values.length} values for the shape [${shape.join(', ')}]`,
      );
    }
    header[name] = {
      dtype: elementTypeOf(values),
      shape,
      data_offsets: [length, length + values.byteLength],
    };
    length += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const file = new Uint8Array(HEADER_LENGTH_BYTES + headerBytes + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + headerBytes);
  file.set(json, HEADER_LENGTH_BYTES);
  let offset = HEADER_LENGTH_BYTES + headerBytes;
  for (const [, { values }] of entries) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

/** What the metadata of a file calls its format; '' where it doesn't. Throws SafetensorsError as `readSafetensors` does. */
export function formatOf(file: Uint8Array): string {
  const { __metadata__: metadata } = headerOf(file).header;
  const format = isRecord(metadata) ? metadata['format'] : undefined;
  return typeof format === 'string' ? format : '';
}

/** Throws SafetensorsError for anything but a whole, consistent file. The tensors are copies. */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, data } = headerOf(file);
  const { __metadata__: metadata = {}, ...described } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new SafetensorsError('__metadata__ must map names to strings');
  }
  const tensors = new Map<string, StoredTensor>();
  const spans: [number, number][] = [];
  for (const [name, description] of Object.entries(described)) {
    const { tensor, span } = readTensor(name, description, data);
    tensors.set(name, tensor);
    spans.push(span);
  }
  requireGapless(spans, data.length);
  return { tensors, metadata: metadata as Record<string, string> };
}

function headerOf(file: Uint8Array): { readonly header: Record<string, unknown>; readonly data: Uint8Array } {
  if (file.length < HEADER_LENGTH_BYTES)
    throw new SafetensorsError(`${file.length} bytes are too few for a header`);
  const declared = new DataView(file.buffer, file.byteOffset, HEADER_LENGTH_BYTES).getBigUint64(0, true);
  if (declared > BigInt(LARGEST_HEADER_BYTES) || Number(declared) > file.length - HEADER_LENGTH_BYTES) {
    throw new SafetensorsError(
      `the header says that it is ${declared} bytes long, the file has ${file.length}`,
    );
  }
  const headerBytes = Number(declared);
  const header = parseHeader(file.subarray(HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + headerBytes));
  const data = file.subarray(HEADER_LENGTH_BYTES + headerBytes);
  return { header, data };
}

/** The tensor of that name; throws SafetensorsError naming it when it is missing, or isn't of that element type. */
export function tensorOf<Type extends ElementType>(
  file: SafetensorsFile,
  name: string,
  type: Type,
): { readonly shape: readonly number[]; readonly values: InstanceType<(typeof ELEMENT_TYPES)[Type]> } {
  const tensor = file.tensors.get(name);
  if (!tensor) throw new SafetensorsError(`the file has no tensor "${name}"`);
  const found = elementTypeOf(tensor.values);
  if (found !== type) throw new SafetensorsError(`tensor "${name}" is of type ${found}, not ${type}`);
  return { shape: tensor.shape, values: tensor.values as InstanceType<(typeof ELEMENT_TYPES)[Type]> };
}

function readTensor(
  name: string,
  description: unknown,
  data: Uint8Array,
): { tensor: StoredTensor; span: [number, number] } {
  if (!isRecord(description)) throw new SafetensorsError(`tensor "${name}" isn't described by an object`);
  const { dtype, shape, data_offsets: offsets } = description;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_TYPES, dtype)) {
    throw new SafetensorsError(`tensor "${name}" has the type ${String(dtype)}, which we don't read`);
  }
  if (!isSizes(shape)) throw new SafetensorsError(`the shape of tensor "${name}" isn't a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new SafetensorsError(`the data_offsets of tensor "${name}" aren't two positions`);
  }
  const [begin, end] = offsets as [number, number];
  const ArrayType = ELEMENT_TYPES[dtype as ElementType];
  const count = elementCount(shape);
  if (begin > end || end > data.length) {
    throw new SafetensorsError(
      `tensor "${name}" lies at ${begin}…${end}, outside the file's ${data.length} bytes of data`,
    );
  }
  if (end - begin !== count * ArrayType.BYTES_PER_ELEMENT) {
    throw new SafetensorsError(
      `tensor "${name}" has ${end - begin} bytes for the shape [${shape.join(', ')}] of ${dtype}`,
    );
  }
  // A copy, since a typed array must start at a multiple of its element's size, and a file need not.
  const values = new ArrayType(count);
  new Uint8Array(values.buffer).set(data.subarray(begin, end));
  return { tensor: { shape, values }, span: [begin, end] };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw new SafetensorsError('the header must begin with {');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new SafetensorsError(
      `the header isn't JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!isRecord(header)) throw new SafetensorsError('the header must be an object');
  return header;
}

function requireGapless(spans: [number, number][], length: number): void {
  let position = 0;
  for (const [begin, end] of spans.sort(([a, aEnd], [b, bEnd]) => a - b || aEnd - bEnd)) {
    if (begin !== position)
      throw new SafetensorsError(`the tensors overlap or leave a gap at byte ${position}`);
    position = end;
  }
  if (position !== length)
    throw new SafetensorsError(`${length - position} bytes at the end belong to no tensor`);
}

function elementTypeOf(values: TensorValues): ElementType {
  // By name, since a typed array may come from another realm, where `instanceof` fails.
  for (const [type, ArrayType] of Object.entries(ELEMENT_TYPES)) {
    if (Object.prototype.toString.call(values) === `[object ${ArrayType.name}]`) return type as ElementType;
  }
  throw new RangeError('these values have no safetensors type');
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
