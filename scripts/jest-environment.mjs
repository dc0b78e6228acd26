import { TestEnvironment } from 'jest-environment-node';

/**
 * Node's environment with the typed arrays of Node itself. Jest gives each test file its own, of which a native library
 * such as onnxruntime says that they are no typed arrays.
 */
export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, {
      Float32Array,
      Float64Array,
      Int32Array,
      Uint8Array,
      BigInt64Array,
    });
  }
}
