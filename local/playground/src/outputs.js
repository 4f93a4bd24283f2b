const ADDRESS = '/amplify_outputs.json';

/** The file every client of the backend is configured from; the playground is one more client. */
export async function readOutputs() {
  const response = await fetch(ADDRESS).catch((cause) => {
    throw new Error(`${ADDRESS} could not be fetched: ${cause.message}.`);
  });
  if (!response.ok) {
    throw new Error(`${ADDRESS} answered with status ${response.status}.`);
  }
  const outputs = await response.json().catch(() => null);
  if (!outputs?.data) {
    throw new Error(`${ADDRESS} is not an Amplify outputs file: it has no "data".`);
  }
  return outputs;
}
