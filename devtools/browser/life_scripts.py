"""JavaScript for what happens to a notebook: outputs cleared, cells deleted, documents closed, kernels that go."""

from __future__ import annotations

#: Runs a command of JupyterLab on one cell.
COMMAND_ON_CELL = """
async ([command, index]) => {
  const { app, panel, cells } = globalThis.__test;
  app.shell.activateById(panel.id);
  cells.deselectAll();
  cells.activeCellIndex = index;
  await app.commands.execute(command);
}
"""

#: Closes the notebook inside JupyterLab without asking whether to save it.
CLOSE_NOTEBOOK = """
async () => {
  const { panel } = globalThis.__test;
  panel.context.model.dirty = false;
  const closed = new Promise((done) => panel.disposed.connect(done));
  panel.close();
  await closed;
}
"""

OPEN_NOTEBOOK = """
async (path) => {
  await globalThis.jupyterapp.commands.execute("docmanager:open", { path });
}
"""

KERNEL_ID = "() => globalThis.__test.panel.sessionContext.session?.kernel?.id ?? null"
KERNEL_STATUS = "() => globalThis.__test.panel.sessionContext.kernelDisplayStatus"
#: Returns when the server says that the new kernel runs.
RESTART_KERNEL = "() => globalThis.__test.panel.sessionContext.session.kernel.restart()"
SHUT_DOWN_KERNEL = "() => globalThis.__test.panel.sessionContext.shutdown()"

#: Starts a kernel for the notebook if it has none, or waits until its kernel answers.
NEW_KERNEL = """
async () => {
  const { sessionContext } = globalThis.__test.panel;
  if (!sessionContext.session?.kernel) await sessionContext.changeKernel({ name: "python3" });
  const { kernel } = sessionContext.session;
  const connected = () =>
    new Promise((done) => {
      const look = () => kernel.connectionStatus === "connected" && done();
      kernel.connectionStatusChanged.connect(look);
      look();
    });
  // Not `info`, which an earlier process of the same kernel may have answered. A kernel that restarts meanwhile
  // takes the question with it: then the next one is asked.
  for (let restarts = 0; ; restarts++) {
    await connected();
    try {
      return void (await kernel.requestKernelInfo());
    } catch (error) {
      if (restarts === 3) throw error;
    }
  }
}
"""

#: Evaluates an expression in the kernel without a trace in the notebook or its history.
EVALUATE_IN_KERNEL = """
async (expression) => {
  const { kernel } = globalThis.__test.panel.sessionContext.session;
  const reply = await kernel.requestExecute({
    code: "", silent: true, store_history: false, user_expressions: { answer: expression },
  }).done;
  return reply.content.user_expressions?.answer ?? reply.content;
}
"""

#: Notes each change of the kernel's sign, as the toolbar shows it, and how many messages wait for their end.
WATCH_KERNEL_SIGN = """
() => {
  const { sessionContext } = globalThis.__test.panel;
  const changes = (globalThis.__testSign = [sessionContext.kernelDisplayStatus]);
  globalThis.__testSignEnd?.();
  const note = () => {
    const now = sessionContext.kernelDisplayStatus;
    if (now !== changes.at(-1)) changes.push(now);
  };
  sessionContext.statusChanged.connect(note);
  sessionContext.connectionStatusChanged.connect(note);
  globalThis.__testSignEnd = () => {
    sessionContext.statusChanged.disconnect(note);
    sessionContext.connectionStatusChanged.disconnect(note);
  };
}
"""
KERNEL_SIGNS = "() => globalThis.__testSign"
#: JupyterLab keeps each message to a widget, with its buffers, until the kernel has said that it is idle again.
UNFINISHED_MESSAGES = """
() => [...globalThis.__test.panel.sessionContext.session.kernel._futures.values()]
  .filter((future) => future.msg.header.msg_type === "comm_msg").length
"""

DISMISS_DIALOGS = """
() => {
  const dialogs = [...document.querySelectorAll(".jp-Dialog")];
  for (const dialog of dialogs) dialog.querySelector(".jp-mod-accept, .jp-Dialog-button")?.click();
  return dialogs.map((dialog) => dialog.innerText);
}
"""
