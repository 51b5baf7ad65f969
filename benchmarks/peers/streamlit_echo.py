"""streamlit-webrtc: its callback returns the frames that it receives; ``streamlit run streamlit_echo.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlit_webrtc import WebRtcMode, webrtc_streamer

if TYPE_CHECKING:
    from av import AudioFrame


async def echo(frames: list[AudioFrame]) -> list[AudioFrame]:
    return frames


webrtc_streamer(
    key="echo",
    mode=WebRtcMode.SENDRECV,
    # No ICE servers, so that nothing outside this machine is contacted.
    rtc_configuration={"iceServers": []},
    media_stream_constraints={"audio": True, "video": False},
    queued_audio_frames_callback=echo,
)
