# The public names, each once: `__init__.py` loads them from here, with their modules, at their first use.
from . import checks as checks
from . import events as events
from .chat import AudioChat as AudioChat
from .chat.pipeline import SpeechPipeline as SpeechPipeline
from .core.model_settings import NoiseReduction as NoiseReduction
from .core.model_settings import Transcription as Transcription
from .core.model_settings import Truncation as Truncation
from .core.turn_taking.detection import SemanticVad as SemanticVad
from .core.turn_taking.detection import ServerVad as ServerVad
from .core.usage.budget import Budget as Budget
from .core.usage.endings import ending_of as ending_of
from .core.usage.price import Price as Price
from .core.usage.prices import PriceTable as PriceTable
from .core.usage.usage import Usage as Usage
from .errors import AudioError as AudioError
from .errors import CheckStoppedError as CheckStoppedError
from .errors import ConfigurationError as ConfigurationError
from .errors import ConnectionFailedError as ConnectionFailedError
from .errors import ImageError as ImageError
from .errors import ItemNotFoundError as ItemNotFoundError
from .errors import LocalEndpointError as LocalEndpointError
from .errors import McpServerError as McpServerError
from .errors import RealtimeWidgetsError as RealtimeWidgetsError
from .errors import ResponseFailedError as ResponseFailedError
from .errors import SessionClosedError as SessionClosedError
from .errors import ToolArgumentsError as ToolArgumentsError
from .errors import ToolDefinitionError as ToolDefinitionError
from .errors import ToolStoppedError as ToolStoppedError
from .images import estimate_image_tokens as estimate_image_tokens
from .protocol.endpoint.endpoint import Endpoint as Endpoint
from .reply import Reply as Reply
from .session.captions import Captions as Captions
from .session.session import RealtimeSession as RealtimeSession
from .tools import HostedMcp as HostedMcp
from .tools import progress as progress
from .widgets import AudioPlayer as AudioPlayer
from .widgets import KeyPrompt as KeyPrompt
from .widgets import Microphone as Microphone
from .widgets import RealtimeConsole as RealtimeConsole
from .widgets import Transcript as Transcript
from .widgets.recorder import Recorder as Recorder

__version__: str

def load_ipython_extension(shell: object) -> None: ...
