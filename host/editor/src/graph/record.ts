/** Immutable records with keys that users chose. Every function gives back its argument when nothing changes. */

export type ReadonlyRecord<T> = Readonly<Record<string, T>>;

/** The own entry of this name; a node may well be called `constructor`. */
export function entry<T>(record: ReadonlyRecord<T> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The record with an entry set, or taken out when `value` is undefined. */
export function withEntry<T>(record: ReadonlyRecord<T>, key: string, value: T | undefined): ReadonlyRecord<T> {
  if (value === undefined) return without(record, [key]);
  return entry(record, key) === value ? record : { ...record, [key]: value };
}

/** The record with some entries set, in one go. */
export function withEntries<T>(
  record: ReadonlyRecord<T>,
  entries: readonly (readonly [string, T])[],
): ReadonlyRecord<T> {
  const changed = entries.filter(([key, value]) => entry(record, key) !== value);
  return changed.length === 0 ? record : { ...record, ...Object.fromEntries(changed) };
}

/** The record without these entries. */
export function without<T>(record: ReadonlyRecord<T>, keys: Iterable<string>): ReadonlyRecord<T> {
  const gone = new Set(keys);
  if (!Object.keys(record).some((key) => gone.has(key))) return record;
  return Object.fromEntries(Object.entries(record).filter(([key]) => !gone.has(key)));
}

/** The record with every value mapped; values mapped to undefined are taken out. */
export function mapValues<T>(
  record: ReadonlyRecord<T>,
  map: (value: T, key: string) => T | undefined,
): ReadonlyRecord<T> {
  return mapEntries(record, (key, value) => {
    const mapped = map(value, key);
    return mapped === undefined ? undefined : [key, mapped];
  });
}

/** The record with every entry mapped; entries mapped to undefined are taken out. */
export function mapEntries<T>(
  record: ReadonlyRecord<T>,
  map: (key: string, value: T) => readonly [string, T] | undefined,
): ReadonlyRecord<T> {
  let changed = false;
  const entries: (readonly [string, T])[] = [];
  for (const [key, value] of Object.entries(record)) {
    const mapped = map(key, value);
    changed ||= mapped === undefined || mapped[0] !== key || mapped[1] !== value;
    if (mapped !== undefined) entries.push(mapped);
  }
  return changed ? Object.fromEntries(entries) : record;
}

/** An object with one field set; a field set to undefined is left out. */
export function withField<T extends object, K extends keyof T>(object: T, field: K, value: T[K] | undefined): T {
  if (value === undefined) {
    if (!Object.hasOwn(object, field)) return object;
    const { [field]: _, ...rest } = object;
    return rest as T;
  }
  return object[field] === value ? object : { ...object, [field]: value };
}

/** An empty record becomes undefined: fields without contents are not written. */
export function orNothing<T>(record: ReadonlyRecord<T>): ReadonlyRecord<T> | undefined {
  for (const key in record) if (Object.hasOwn(record, key)) return record;
  return undefined;
}
