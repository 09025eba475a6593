/** All dialogs; each draws itself while `useView` names it. */
import { CompareDialog } from "./CompareDialog";
import { DocumentsDialog } from "./DocumentsDialog";
import { PictureDialog } from "./gallery/PictureDialog";
import { ConsentDialog } from "./plugins/ConsentDialog";
import { SaveAsDialog } from "./SaveAsDialog";
import { ShareDialog } from "./ShareDialog";
import { TemplatesDialog } from "./TemplatesDialog";

export function Dialogs() {
  return (
    <>
      <DocumentsDialog />
      <TemplatesDialog />
      <SaveAsDialog />
      <ShareDialog />
      <PictureDialog />
      <CompareDialog />
      <ConsentDialog />
    </>
  );
}
