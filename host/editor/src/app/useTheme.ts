/** Puts the chosen theme on the root element; without a choice the style sheet follows the system. */
import { useEffect } from "react";
import { useView } from "./view";

export function useTheme(): void {
  const theme = useView((view) => view.theme);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
}
