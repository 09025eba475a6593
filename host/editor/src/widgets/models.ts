/** Models in words. */
import type { Model } from "../api/contract";
import { bytes } from "../ui/format";

/** `transformer · FLUX.1 Kontext or dev · 6.5 GiB`: what it is for, its family and size, as far as they are known. */
export function aboutModel({ role, family, bytes: size }: Model): string {
  return [role, family, bytes(size)].filter(Boolean).join(" · ");
}

/** The models that an input is offered: LoRAs where it is named for them, all others elsewhere. */
export function modelsFor(port: string, models: readonly Model[]): readonly Model[] {
  return models.filter(({ role }) => !role || (role === "lora") === (port === "lora"));
}
