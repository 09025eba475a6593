/** Names of documents that people can tell apart. */

/** The name, or with the smallest number behind it that no other document has: `Untitled 2`. */
export function freshTitle(wanted: string, others: readonly { readonly name: string }[]): string {
  const taken = new Set(others.map((other) => other.name));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted} ${number}`)) number++;
  return `${wanted} ${number}`;
}
