/** Colors of the style sheet for what is painted on a canvas, which knows no custom properties. */

/** Gives the color a custom property has inside an element, as `rgb(…)`; asked once for each property. */
export class CssColors {
  #found = new Map<string, string>();
  #probe: HTMLElement;

  constructor(inside: HTMLElement) {
    this.#probe = inside.ownerDocument.createElement("span");
    this.#probe.hidden = true;
    inside.append(this.#probe);
  }

  /** `property` with its dashes: `--accent`. */
  of(property: string): string {
    let color = this.#found.get(property);
    if (color === undefined) {
      this.#probe.style.color = `var(${property})`;
      color = getComputedStyle(this.#probe).color;
      this.#found.set(property, color);
    }
    return color;
  }

  /** After the theme changed. */
  forget(): void {
    this.#found.clear();
  }

  remove(): void {
    this.#probe.remove();
  }
}

/** Calls back when light turns to dark or back, by the user's choice or the system's; gives the function that ends it. */
export function onThemeChange(changed: () => void): () => void {
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => {
    chosen.disconnect();
    system.removeEventListener("change", changed);
  };
}
