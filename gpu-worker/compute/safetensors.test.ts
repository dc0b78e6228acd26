import { describe, expect, test } from '@jest/globals';
import { readSafetensors, SafetensorsError, tensorOf, writeSafetensors } from './safetensors.js';

function fileOf(header: unknown, data: readonly number[] = []): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const bytes = new TextEncoder().encode(json);
  const file = new Uint8Array(8 + bytes.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(bytes.length), true);
  file.set(bytes, 8);
  file.set(data, 8 + bytes.length);
  return file;
}

describe('safetensors', () => {
  test('gives back the tensors and the metadata that were written', () => {
    const tensors = new Map([
      ['bytes', { shape: [3], values: Uint8Array.of(1, 2, 255) }],
      ['weights', { shape: [2, 2], values: Float32Array.of(1.5, -0, Infinity, 1e-40) }],
      ['scalar', { shape: [], values: Float64Array.of(Math.PI) }],
      ['codes', { shape: [2, 1], values: Int32Array.of(-1, 7) }],
      ['nothing', { shape: [0, 4], values: new Uint16Array(0) }],
    ]);
    const read = readSafetensors(writeSafetensors(tensors, { format: 'x', note: 'ü' }));
    expect(read.metadata).toEqual({ format: 'x', note: 'ü' });
    expect(new Set(read.tensors.keys())).toEqual(new Set(tensors.keys()));
    for (const [name, { shape, values }] of tensors) {
      expect(read.tensors.get(name)!.shape).toEqual(shape);
      expect([...read.tensors.get(name)!.values]).toEqual([...values]);
    }
  });

  test('reads a file laid out by hand as the format says, also from the middle of a buffer', () => {
    const file = fileOf(
      { a: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] } },
      [0, 0, 128, 63, 0, 0, 0, 192],
    );
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect([...tensorOf(readSafetensors(shifted.subarray(3)), 'a', 'F32').values]).toEqual([1, -2]);
  });

  test('writes the header length, aligned tensors and no gaps', () => {
    const file = writeSafetensors(
      new Map([
        ['small', { shape: [1], values: Uint8Array.of(9) }],
        ['wide', { shape: [1], values: Float64Array.of(1) }],
      ]),
    );
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes))) as Record<
      string,
      unknown
    >;
    expect(header['wide']).toEqual({ dtype: 'F64', shape: [1], data_offsets: [0, 8] });
    expect(header['small']).toEqual({ dtype: 'U8', shape: [1], data_offsets: [8, 9] });
    expect(file.length).toBe(8 + headerBytes + 9);
  });

  const whole = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  test.each([
    ['too short for a length', Uint8Array.of(1, 2, 3), 'too few'],
    [
      'a header longer than the file',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 123),
      'header says',
    ],
    ['a header that is no JSON', fileOf('{"a":'), "isn't JSON"],
    ['a header that is no object', fileOf('[]'), 'begin with {'],
    ['an unknown type', fileOf({ a: { ...whole, dtype: 'Q4' } }, [0, 0, 0, 0]), 'type Q4'],
    [
      'the name of an inherited property as a type',
      fileOf({ a: { ...whole, dtype: 'toString' } }, [0, 0, 0, 0]),
      'toString',
    ],
    ['a negative size', fileOf({ a: { ...whole, shape: [-1] } }, [0, 0, 0, 0]), 'list of sizes'],
    ['a tensor past the end', fileOf({ a: whole }, [0, 0]), 'outside'],
    [
      'a shape that contradicts the bytes',
      fileOf({ a: { ...whole, shape: [2] } }, [0, 0, 0, 0]),
      '4 bytes for',
    ],
    [
      'a shape that overflows',
      fileOf({ a: { ...whole, shape: [2 ** 52, 2 ** 52] } }, [0, 0, 0, 0]),
      'bytes for',
    ],
    ['overlapping tensors', fileOf({ a: whole, b: whole }, [0, 0, 0, 0]), 'overlap'],
    ['a gap', fileOf({ a: { ...whole, data_offsets: [1, 5] } }, [0, 0, 0, 0, 0]), 'gap'],
    ['bytes of no tensor', fileOf({ a: whole }, [0, 0, 0, 0, 0]), 'belong to no tensor'],
    ['metadata that maps to numbers', fileOf({ __metadata__: { a: 1 } }), 'strings'],
  ])('refuses %s', (_, file, message) => {
    expect(() => readSafetensors(file)).toThrow(SafetensorsError);
    expect(() => readSafetensors(file)).toThrow(message);
  });

  test('refuses to write what contradicts itself', () => {
    expect(() => writeSafetensors(new Map([['a', { shape: [3], values: new Float32Array(2) }]]))).toThrow(
      '2 values',
    );
  });

  test('names the tensor that is missing or of another type', () => {
    const read = readSafetensors(
      writeSafetensors(new Map([['a', { shape: [1], values: new Int32Array(1) }]])),
    );
    expect(() => tensorOf(read, 'b', 'F32')).toThrow('"b"');
    expect(() => tensorOf(read, 'a', 'F32')).toThrow('I32');
  });
});
