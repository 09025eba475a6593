// The nodes of this plugin: a definition and a function each. Write yours here.

import { mapColors } from "./pixels.js";

function darken(inputs, host) {
  const keep = 1 - inputs.amount;
  return { image: mapColors(inputs.image, (value) => value * keep, host) };
}

export const nodes = [
  {
    run: darken,
    id: "{{id}}/Darken",
    category: "image/adjust",
    description: "Takes light out of a picture; alpha stays.",
    inputs: [
      { name: "image", kind: "image", tooltip: "The picture to darken." },
      {
        name: "amount",
        kind: "float",
        default: 0.5,
        range: { min: 0, max: 1 },
        step: 0.01,
        widget: "slider",
        tooltip: "0 leaves the picture as it is, 1 makes it black.",
      },
    ],
    outputs: [{ name: "image", kind: "image", tooltip: "The darker picture." }],
    bypass: [["image", "image"]],
  },
];
