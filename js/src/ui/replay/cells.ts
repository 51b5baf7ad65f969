/** Inserts cells into the notebook that a widget is in; only JupyterLab's manager of widgets leads to it. */

interface SharedNotebook {
  readonly cells: readonly { readonly id?: string; toJSON(): { outputs?: unknown } }[];
  insertCells(index: number, cells: object[]): void;
}

interface Managed {
  widget_manager?: unknown;
}

interface Model extends Managed {
  get(name: "saved_as"): string;
}

function notebookOf(model: Managed): SharedNotebook | null {
  const manager = (model.widget_manager ?? {}) as {
    context?: { model?: { sharedModel?: Partial<SharedNotebook> } };
  };
  const shared = manager.context?.model?.sharedModel;
  return shared?.cells && shared.insertCells ? (shared as SharedNotebook) : null;
}

/** Returns whether cells can be inserted here. */
export function takesCells(model: Managed): boolean {
  return notebookOf(model) !== null;
}

/** Inserts cells, in the format of a notebook's file, below the one that shows the model; at the end if none does. */
export function insertCells(model: Model, cells: object[]): void {
  const notebook = notebookOf(model);
  if (!notebook) return;
  const name = model.get("saved_as");
  const shows = notebook.cells.findIndex((cell) =>
    JSON.stringify(cell.toJSON().outputs ?? "").includes(name),
  );
  notebook.insertCells(shows < 0 ? notebook.cells.length : shows + 1, cells);
}

/** Inserts cells below the one of an id; at the end if it is gone. */
export function insertBelow(model: Managed, cellId: string, cells: object[]): void {
  const notebook = notebookOf(model);
  if (!notebook) throw new Error("there is no notebook to insert cells into");
  const ran = notebook.cells.findIndex(({ id }) => id === cellId);
  notebook.insertCells(ran < 0 ? notebook.cells.length : ran + 1, cells);
}
