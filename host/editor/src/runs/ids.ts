/** A new random id for a run: 22 characters of `A–Z a–z 0–9 - _`, 128 bits. */
export function newRunId(): string {
  // `crypto.randomUUID` does not exist on plain http addresses of a local network; this does.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
