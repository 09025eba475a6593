/** Giving files to the user. */

/** Lets the browser save a file. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file when the next task begins.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** A name that every file system takes: letters, digits, `-` and `_` of the document's name. */
export function fileName(name: string, ending: string): string {
  const plain = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}_-]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80);
  // Windows reserves these for devices.
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(plain);
  return `${plain === "" || reserved ? `graph${plain && `-${plain}`}` : plain}.${ending}`;
}
