// The model in LiteRT.js. `library` is the npm package as the page holds it, its wasm started:
// loadAndCompile and Tensor.

import { InputError } from "./errors.mjs";

const SIGNATURE = "serve";
const WARM_UP_MS = 40;
const TYPES = { text: Uint8Array, image: Uint8Array, dense: Float32Array };

/** A Runner of the model `bytes`, whose `metadata` is read already; throws InputError if none. */
export async function startRunner(library, bytes, metadata) {
  let compiled;
  try {
    compiled = await library.loadAndCompile(bytes, { accelerator: "wasm" });
  } catch (error) {
    throw new InputError(
      `The runtime refuses the model: ${String(error?.message ?? error).slice(0, 200)}`,
    );
  }
  checkSignature(compiled, metadata);
  const runner = new Runner(library, compiled, metadata);
  // the first answers also compile the wasm: no time of a person's first message
  await runner.timed(new Uint8Array(metadata.shape.reduce((a, b) => a * b)), WARM_UP_MS);
  return runner;
}

function checkSignature(compiled, { inputName, shape, kind }) {
  const signature = compiled.signatures[SIGNATURE];
  const [input, ...more] = signature?.getInputDetails() ?? [];
  const type = kind === "dense" ? "float32" : "uint8";
  const fits = input?.name === inputName && input.dtype === type;
  if (!fits || more.length || [...input.shape].join() !== [1, ...shape].join()) {
    throw new InputError("The model cannot be used: its input is not what its metadata says.");
  }
}

class Runner {
  constructor(library, compiled, metadata) {
    Object.assign(this, { library, compiled, metadata });
  }

  /** Outputs by name, as arrays, for one input of the model's size. */
  async run(values) {
    const { inputName, shape, kind } = this.metadata;
    const input = new this.library.Tensor(TYPES[kind].from(values), [1, ...shape]);
    let outputs = {};
    try {
      outputs = await this.compiled.run(SIGNATURE, { [inputName]: input });
      const entries = Object.entries(outputs).map(([name, tensor]) => [
        name,
        tensor.toTypedArray().slice(),
      ]);
      return Object.fromEntries(entries);
    } finally {
      // they live in the heap of the wasm, which no garbage collector sees
      input.delete();
      Object.values(outputs).forEach((tensor) => tensor.delete());
    }
  }

  /** `run` and milliseconds of one answer: the mean of as many as `budget` milliseconds hold. */
  async timed(values, budget = 4) {
    const started = performance.now();
    const outputs = await this.run(values);
    let runs = 1;
    while (performance.now() - started < budget && runs < 100) {
      await this.run(values);
      runs += 1;
    }
    return { outputs, ms: (performance.now() - started) / runs, runs };
  }
}
