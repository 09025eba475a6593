/** The open documents. */
import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { KeyboardEvent } from "react";
import { RenameField } from "../canvas/RenameField";
import { useDocuments } from "../documents/store";
import { Button, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { command } from "./commands";
import { runCommand } from "./useShortcuts";

export function Tabs() {
  const tabs = useDocuments((state) => state.tabs);
  const active = useDocuments((state) => state.active);
  const [renaming, setRenaming] = useState<string>();
  const [closing, setClosing] = useState<{ key: string; name: string }>();
  const { activate, close, rename } = useDocuments.getState();
  const askToClose = (key: string) => {
    const tab = tabs.find((it) => it.key === key);
    if (tab?.dirty && !tab.saved) setClosing({ key, name: tab.name });
    else close(key);
  };
  const move = (event: KeyboardEvent, index: number) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = tabs[index + by];
    if (by === 0 || !next) return;
    event.preventDefault();
    activate(next.key);
    (
      event.currentTarget.parentElement?.parentElement?.children[index + by]?.querySelector(
        "[role=tab]",
      ) as HTMLElement | null
    )?.focus();
  };
  return (
    <div className="tabs">
      <div className="tab-list" role="tablist" aria-label="Documents">
        {tabs.map((tab, index) => (
          <div
            key={tab.key}
            className={`tab ${tab.key === active ? "active" : ""}`}
            onAuxClick={(event) => {
              if (event.button === 1) askToClose(tab.key);
            }}
          >
            {renaming === tab.key ? (
              <RenameField
                value={tab.name}
                label="Name of the document"
                done={(next) => {
                  setRenaming(undefined);
                  if (next) rename(next);
                }}
              />
            ) : (
              <button
                type="button"
                role="tab"
                aria-selected={tab.key === active}
                tabIndex={tab.key === active ? 0 : -1}
                title={`${tab.name}${tab.dirty ? " (unsaved changes)" : ""}\nDouble-click to rename`}
                onClick={() => activate(tab.key)}
                onDoubleClick={() => setRenaming(tab.key)}
                onKeyDown={(event) => (event.key === "F2" ? setRenaming(tab.key) : move(event, index))}
              >
                <span className="tab-name">{tab.name}</span>
                {tab.dirty && <span className="tab-dirty" aria-label="unsaved changes" />}
              </button>
            )}
            {/* For the mouse: a list of tabs may hold nothing but tabs. The keyboard has a command. */}
            <IconButton
              icon={X}
              iconSize={13}
              label={`Close ${tab.name}`}
              aria-hidden
              tabIndex={-1}
              onClick={() => askToClose(tab.key)}
            />
          </div>
        ))}
      </div>
      <IconButton
        icon={Plus}
        label="New document"
        keys="Alt+N"
        onClick={() => void runCommand(command("document.new"))}
      />
      {closing && (
        <Dialog
          title="Close without saving?"
          width={420}
          onClose={() => setClosing(undefined)}
          footer={
            <>
              <Button onClick={() => setClosing(undefined)}>Keep it open</Button>
              <Button
                tone="danger"
                onClick={() => {
                  close(closing.key);
                  setClosing(undefined);
                }}
              >
                Close without saving
              </Button>
            </>
          }
        >
          <p>“{closing.name}” was never saved. Closing it discards what you made.</p>
        </Dialog>
      )}
    </div>
  );
}
