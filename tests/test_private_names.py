"""Private names of other packages that this one uses: the installed release still has each, with its effect."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest


def run(script: str) -> str:
    """Run a script in a process of its own, where it may start a kernel and patch event loops."""
    command = [sys.executable, "-c", dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_kernel_forgets_the_shell_that_sends_while_a_widget_does() -> None:
    pytest.importorskip("ipykernel", minversion="7")
    parents = run("""
        from ipykernel.ipkernel import IPythonKernel
        from realtime_widgets.widgets.base import without_shell_parent

        kernel = IPythonKernel.instance()
        kernel.set_parent([], {"header": {"msg_id": "cell"}}, channel="shell")
        with without_shell_parent():
            during = kernel.get_parent("shell")
        print(during, kernel.get_parent("shell")["header"]["msg_id"])
    """)
    assert parents == "{} cell", (
        "this ipykernel no longer reads a message's parent from Kernel._shell_parent: replies to a widget's "
        "update from a cell would wait for the busy shell; see without_shell_parent in widgets/base.py"
    )


def test_a_kernel_says_only_that_it_is_done_with_a_message_to_a_comm_of_ours() -> None:
    pytest.importorskip("ipykernel", minversion="7")
    said = run("""
        from ipykernel.ipkernel import IPythonKernel
        from jupyter_client.session import Session
        from realtime_widgets.widgets.kernel_status import keep_sign_still

        said = []

        class Listening(Session):
            def send(self, stream, kind, content, parent, **others):
                header = parent["header"]
                said.append(content["execution_state"] + " " + header["msg_type"] + " " + header["msg_id"])

        kernel = IPythonKernel.instance()
        kernel.session = Listening()

        class Comm:
            comm_id = "ours"

        ours = Comm()
        keep_sign_still(ours)

        def handle(kind, **content):
            parent = {"header": {"msg_type": kind, "msg_id": kind + str(len(said))}, "content": content}
            kernel.set_parent([], parent, channel="shell")
            kernel._publish_status("busy", "shell")
            kernel._publish_status_and_flush("idle", "shell", None)

        handle("comm_msg", comm_id="ours")
        handle("comm_msg", comm_id="other")
        handle("execute_request", code="1")
        del ours
        handle("comm_msg", comm_id="ours")
        print(*said, sep="; ")
    """)
    assert said.split("; ") == [
        "idle comm_info_request comm_msg0",
        "busy comm_msg comm_msg1",
        "idle comm_msg comm_msg1",
        "busy execute_request execute_request3",
        "idle execute_request execute_request3",
        "busy comm_msg comm_msg5",
        "idle comm_msg comm_msg5",
    ], (
        "this ipykernel does not publish its status by Kernel._publish_status any more: JupyterLab's busy sign "
        "would flicker while the microphone is on; see widgets/kernel_status.py"
    )


def test_jupyter_counts_what_a_comm_says_after_a_message_as_no_activity() -> None:
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

    from realtime_widgets.widgets.kernel_status import UNTRACKED

    assert UNTRACKED in MappingKernelManager().untracked_message_types


def test_a_nested_loop_keeps_what_has_to_wait_in_a_list_that_can_be_replaced() -> None:
    served = run("""
        import asyncio
        import contextvars

        import nest_asyncio2

        from realtime_widgets.concurrency import blocking

        loop = asyncio.new_event_loop()
        nest_asyncio2.apply(loop)

        async def nested():
            blocking._serve_messages(loop)
            served = loop.create_future()
            loop.call_soon(served.set_result, "served", context=context)
            done, _ = await asyncio.wait([served], timeout=5)
            return done.pop().result() if done else "waiting"

        async def cell():
            return loop.run_until_complete(nested())

        async def kernel():
            return await loop.create_task(cell(), context=context)

        context = contextvars.copy_context()
        print(loop.run_until_complete(kernel()))
    """)
    assert served == "served", (
        "this nest-asyncio2 no longer keeps deferred callbacks in loop._nest_deferred: widgets' messages would "
        "wait for a cell that itself waits; see _serve_messages in concurrency/blocking.py"
    )
