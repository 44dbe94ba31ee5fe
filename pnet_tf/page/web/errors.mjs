// The one failure that a person is told of, in a sentence.

/** Its message is a whole sentence for people. */
export class InputError extends Error {}

/** What to say of any error. */
export function sentence(error) {
  if (error instanceof InputError) return error.message;
  const reason = String(error?.message ?? error)
    .split("\n")[0]
    .slice(0, 200);
  return `The model cannot be run here: ${reason}`;
}
