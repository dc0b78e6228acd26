import { types } from 'node:util';

/**
 * What V8, WebAssembly, onnxruntime, CUDA's libraries and TensorFlow say when they get no memory. tfjs's wasm backend
 * writes to where nothing is once its four gigabytes are full, hence "out of bounds".
 */
const MESSAGES =
  /Array buffer allocation failed|Invalid (typed )?array length|Out of Memory|could not allocate|Cannot enlarge memory|memory access out of bounds|Failed to allocate memory for requested buffer of size|bad[ _]alloc|ALLOC_FAILED|OOM when allocating/i;

/** Whether an error, or one that caused it, says that there wasn't memory enough. */
export function isOutOfMemory(error: unknown): boolean {
  return types.isNativeError(error) && (MESSAGES.test(error.message) || isOutOfMemory(error.cause));
}
