import type { EngineName } from '../program.js';

/**
 * What can't be had, with the reason. Tests fail for a case that disagrees and isn't here, and for one that is here and
 * agrees, so that the lists stay true.
 */
export interface Gap {
  /** Names of cases. */
  readonly cases: RegExp;
  readonly reason: string;
  /** It depends on the device, or on what lies in memory, whether it agrees. */
  readonly byChance?: true;
}

/** WebGPU's shading language promises no more of these (its specification, section 15.7.4.1). */
const ROUGH: Gap = {
  cases: /^(sin|cos|tan) of \[|^(expm1|log1p) of numbers near 0$|^log of 0 and of small numbers$/,
  reason: 'shaders may take sines to 2⁻¹¹, logarithms to 2⁻²¹, and numbers below 2⁻¹²⁶ for 0',
  byChance: true,
};

/** What one engine can't do. */
export const GAPS: Readonly<Partial<Record<EngineName, readonly Gap[]>>> = {
  'onnx-webgpu': [ROUGH],
  'tfjs-webgpu': [
    ROUGH,
    {
      cases:
        /\[\d,0\]|\[0,\d\]|nothing|(of|with) no (rows|stacks|indices)|^matMul of (\[2,1,2,2\]|stacks with one more axis)/,
      reason: 'it refuses tensors without elements, and products whose stacks are repeated on both sides',
      byChance: true,
    },
    {
      cases:
        /^random program|^(max|min|logSumExp) over (an )?axis|^cumsum (over|of constants over)|^transpose \[2,0,1\], of int32$|^stridedSlice to fewer axes, in larger steps/,
      reason:
        'it transposes integers as floats, and reads a buffer that the next operation has been given already',
      byChance: true,
    },
  ],
};

/** What has fewer derivatives than its order says, on every engine. */
export interface DerivativeGap {
  readonly cases: RegExp;
  /** How often it is differentiated instead. */
  readonly order: 0 | 1;
  readonly reason: string;
}

export const DERIVATIVE_GAPS: readonly DerivativeGap[] = [
  {
    cases: /^logSoftmax of (\[3\]|\[2,4\]|\[2,1,3\]|extremes)$/,
    order: 1,
    reason: "tfjs's own gradient of it takes the saved output for a constant; models use ours",
  },
];
