/** What to do on an empty canvas. */
import { LayoutTemplate, Search } from "lucide-react";
import { useView } from "../app/view";
import { Button } from "../ui/Button";
import { openSearch } from "./actions/search";

export function EmptyCanvas() {
  return (
    <div className="empty-canvas">
      <h2>Nothing here yet</h2>
      <p>
        Double-click, or press <kbd>Tab</kbd>, to add a node. Drop a picture to load it, or a Wirebrush PNG or JSON file
        to open its graph.
      </p>
      <div className="empty-actions">
        <Button icon={Search} tone="primary" onClick={openSearch}>
          Add a node
        </Button>
        <Button icon={LayoutTemplate} onClick={() => useView.getState().openDialog({ name: "templates" })}>
          Start from a template
        </Button>
      </div>
    </div>
  );
}
