/**
 * The compiled kernels. Apart from kernels.ts because a worker is sent the module and need not carry the bytes.
 *
 * There are two builds of the same source. The fused one multiplies and adds in one instruction (relaxed SIMD, kernels/fused.ts),
 * which takes a quarter off the time of a spectrum (docs/decisions/0010-scan-engine.md). Browsers and Node from 22 on compile it; Node 20
 * does so under --experimental-wasm-relaxed-simd, which the command line sets. Results of the two differ by rounding.
 */
import { FUSED_KERNEL_BINARY } from './fusedKernelBinary.generated.ts';
import { KERNEL_BINARY } from './kernelBinary.generated.ts';

let compiled: WebAssembly.Module | undefined;

/** The WebAssembly module of `kernels/`, compiled on first use; it is immutable and can be posted to workers. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= fusedKernelModule() ?? plainKernelModule();
  return compiled;
}

/** The build that every engine compiles. */
export function plainKernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(bytesOf(KERNEL_BINARY));
}

/** The build with fused operations; null where the engine does not know them. */
export function fusedKernelModule(): WebAssembly.Module | null {
  const bytes = bytesOf(FUSED_KERNEL_BINARY);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
