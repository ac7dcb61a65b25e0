/** The compiled kernels. Apart from kernels.ts because a worker is sent the module and need not carry the bytes. */
import { KERNEL_BINARY } from './kernelBinary.generated.ts';

let compiled: WebAssembly.Module | undefined;

/** The WebAssembly module of `kernels/`, compiled on first use; it is immutable and can be posted to workers. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(KERNEL_BINARY), (character) => character.charCodeAt(0)));
  return compiled;
}
