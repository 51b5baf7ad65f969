import { expect, it } from "vitest";
import type { StatusReport } from "../../src/messages";
import { Scope } from "../../src/ui/bind";
import { shareStatus, sharedStatus } from "../../src/ui/statuses";

it("lets the widgets of a session see its status and speak to its kernel, whichever came first", () => {
  const sent: StatusReport[] = [];
  const send = (report: StatusReport) => void sent.push(report);
  const scope = new Scope();
  const seen = sharedStatus(scope, "a");
  expect(seen.value.status).toEqual({});
  shareStatus("b", { status: { state: "speaking" }, send });
  expect(seen.value.status).toEqual({});
  const endOld = shareStatus("a", { status: { state: "listening" }, send });
  const endNew = shareStatus("a", { status: { state: "closed" }, send });
  endOld(); // of a status that was shared again: nothing changes
  expect(seen.value.status.state).toBe("closed");
  seen.value.send({ type: "restart", keep_talk: true });
  expect(sent).toEqual([{ type: "restart", keep_talk: true }]);
  endNew();
  expect(seen.value.status).toEqual({});
  scope.end();
  shareStatus("a", { status: { state: "thinking" }, send });
  expect(seen.value.status).toEqual({});
});
