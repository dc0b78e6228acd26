import * as tf from '@tensorflow/tfjs-core';

/**
 * What tfjs-backend-webgpu 4.22 needs on Dawn to compute right numbers more often: see the gaps that remain in
 * ../conformance/gaps.ts, for which it is used only when it is forced.
 */
export function mendWebGpu(): void {
  const environment = tf.env();
  // It would do small tensors in JavaScript, where products drop axes that are to be kept.
  environment.set('WEBGPU_CPU_FORWARD', false);
  // Otherwise commands wait to be sent, while others are given the buffers that they read.
  environment.set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 1);
}
