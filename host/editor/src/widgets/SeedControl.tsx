/** A seed: its number, exact to 64 bits, a die, and what becomes of it after each run. */
import { ArrowUp01, Dices, Lock } from "lucide-react";
import { setSeedMode, useSeedMode } from "../runs/seeds";
import type { SeedMode } from "../runs/seeds";
import { IconButton } from "../ui/Button";
import { NumberControl } from "./NumberControl";
import { integerJson } from "./numbers";
import type { ControlProps } from "./types";

const NEXT: Record<SeedMode, SeedMode> = { fixed: "random", random: "increment", increment: "fixed" };
const MODES = {
  fixed: { icon: Lock, text: "The seed stays as it is after a run" },
  random: { icon: Dices, text: "A new random seed after each run" },
  increment: { icon: ArrowUp01, text: "The seed goes up by one after each run" },
};

export function SeedControl(props: ControlProps) {
  const { place, port, set, label } = props;
  return (
    <div className="control-group">
      <NumberControl {...props} />
      <IconButton
        icon={Dices}
        iconSize={14}
        className="nodrag"
        label={`Random ${label}`}
        onClick={() => set(randomSeed())}
      />
      {place && <SeedModeButton {...place} input={port.name} />}
    </div>
  );
}

function SeedModeButton({
  document,
  scope,
  node,
  input,
}: {
  document: string;
  scope: string | null;
  node: string;
  input: string;
}) {
  const mode = useSeedMode(document, node, input, scope);
  const { icon, text } = MODES[mode];
  return (
    <IconButton
      icon={icon}
      iconSize={14}
      className="nodrag"
      label={`${text}. Change`}
      data-mode={mode}
      pressed={mode !== "fixed"}
      onClick={() => setSeedMode(document, node, input, NEXT[mode], scope)}
    />
  );
}

/** Below 2⁵³: the same number in every program a shared graph passes through. */
function randomSeed() {
  const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return integerJson(BigInt.asUintN(53, word));
}
