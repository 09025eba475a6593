/** Buttons with a word, with an icon, or both. */
import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, Ref } from "react";
import { keysText } from "./keys";
import "./ui.css";

interface Shared extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "title"> {
  ref?: Ref<HTMLButtonElement>;
  /** Shown in the tooltip behind the label. */
  keys?: string | undefined;
}

interface ButtonProps extends Shared {
  icon?: LucideIcon;
  tone?: "plain" | "primary" | "danger";
  size?: "normal" | "small";
  /** Tooltip, when it says more than the text. */
  hint?: string;
}

export function Button({
  icon: Icon,
  tone = "plain",
  size = "normal",
  hint,
  keys,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${tone} ${size} ${className ?? ""}`}
      title={withKeys(hint, keys)}
    >
      {Icon && <Icon size={size === "small" ? 13 : 15} aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Shared {
  icon: LucideIcon;
  /** What it does: its accessible name and its tooltip. */
  label: string;
  /** Drawn as held down; also told to screen readers. */
  pressed?: boolean;
  iconSize?: number;
}

export function IconButton({ icon: Icon, label, keys, pressed, iconSize = 16, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`icon-button ${className ?? ""}`}
      aria-label={label}
      aria-pressed={pressed}
      title={withKeys(label, keys)}
    >
      <Icon size={iconSize} aria-hidden />
    </button>
  );
}

function withKeys(text: string | undefined, keys: string | undefined): string | undefined {
  if (keys === undefined) return text;
  return text === undefined ? keysText(keys) : `${text} (${keysText(keys)})`;
}
