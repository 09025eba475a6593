/** The control of each name. */
import type { ComponentType } from "react";
import type { ControlName } from "./choose";
import { ChoiceControl } from "./ChoiceControl";
import { ColorControl } from "./ColorControl";
import { FileControl } from "./FileControl";
import { MaskControl } from "./MaskControl";
import { ModelControl } from "./ModelControl";
import { NumberControl, SliderControl } from "./NumberControl";
import { SeedControl } from "./SeedControl";
import { SwitchControl } from "./SwitchControl";
import { TextAreaControl, TextControl } from "./TextControls";
import type { ControlProps } from "./types";

export const controls: Readonly<Record<ControlName, ComponentType<ControlProps>>> = {
  choice: ChoiceControl,
  color: ColorControl,
  file: FileControl,
  mask: MaskControl,
  model: ModelControl,
  number: NumberControl,
  seed: SeedControl,
  slider: SliderControl,
  switch: SwitchControl,
  text: TextControl,
  textarea: TextAreaControl,
};
