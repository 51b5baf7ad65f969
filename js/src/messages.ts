/** Messages between the widgets and their pages, made by `make messages` of `realtime_widgets/widgets/messages/`. */

export type InputMode = "open" | "push_to_talk";
export type MicrophoneState = "error" | "off" | "on" | "opening";
export type CloseReason =
  | ""
  | "closed"
  | "error"
  | "hidden"
  | "idle"
  | "kernel"
  | "other_page"
  | "replaced"
  | "unplugged"
  | "unseen"
  | "user";
export type SoundState = "blocked" | "failed" | "ready" | "waiting";
export type PortCommand =
  Activate | Configure | Play | End | Clear | CloseMicrophone | Roll | Beat | SilenceRefused;
export type PortReport =
  | Hello
  | Here
  | Bye
  | Claim
  | Audio
  | MicrophoneReport
  | Playback
  | Cleared
  | Interrupt
  | Talk
  | CheckSilence;
export type CommCommand =
  | Activate
  | Configure
  | Play
  | End
  | Clear
  | CloseMicrophone
  | Roll
  | Beat
  | SilenceRefused
  | LaneOffer
  | LaneMoved
  | NumberedCommand
  | Acknowledged;
export type CommReport =
  | Hello
  | Here
  | Bye
  | Claim
  | Audio
  | MicrophoneReport
  | Playback
  | Cleared
  | Interrupt
  | Talk
  | CheckSilence
  | LaneAsk
  | LaneMove
  | NumberedReport
  | Acknowledged;
export type LaneCommand = LaneWelcome | LanePong | NumberedCommand | Acknowledged;
export type LaneReport = LaneJoin | LanePing | LaneUse | NumberedReport | Acknowledged;
export type TranscriptCommand = Upsert | Remove | MathModule;
export type TranscriptReport =
  | Say
  | SayImages
  | PlayEntry
  | DeleteEntry
  | EditEntry
  | NewTalk
  | NeedMath
  | RunAgain
  | GiveResult
  | Decide
  | Continue
  | ShowPanel;
export type InsightTab = "events" | "money" | "settings" | "time" | "tools";
export type CaptionsCommand = UpsertCaption | Remove;
export type ReplyCommand = ReplyClip | Silence;
export type ReplyReport = PlayReply | StopReply | ReplyEnded;
export type ReplayCommand = ReplayScript | ReplaySound | ReplayCells | ReplayFailed | MathModule;
export type ReplayReport = OpenReplay | WantSound | WantCells | NeedMath;
export type InsertReport = CanInsert | CellsInserted;
export type InsightCommand =
  | EventRows
  | EventPayload
  | EventsFound
  | TestText
  | TurnRows
  | TurnDetail
  | Money
  | Health
  | Pong
  | ToolRows
  | Tried
  | ShownSettings
  | SettingsAnswer
  | SessionCode;
export type InsightReport =
  | WatchTab
  | AskTurn
  | AskPayload
  | SearchEvents
  | AskTest
  | Ping
  | ClosePanel
  | SwitchTool
  | TryTool
  | ChangeSettings
  | AskCode;
export type LessonReport = AskPrepared | StopAnswer | GiveFloor;
export type DockPlace = "panel" | "split";
export type CameraCommand = TakePicture | CameraOff;
export type CameraMessage = CameraReport | CameraPicture;
export type ReviewCommand = ReviewItems | ReviewGone | ReviewAsking | ReviewSound;
export type ReviewReport = ReviewReady | Judge | PlaySide | Decide;
export type LinkCommand = Links | LinkOpened;
export type PageCommand = PageWelcome | PageModels | ModelMessage;
export type PageFrame = PageJoin | ModelMessage;
export type KeyReport = Key | Forget;
export type StatusReport = Restart | TalkHere | ShowPanel | ShowDock;

/**
 * A page could not handle a message of the kernel: its type, and what the browser says of it.
 */
export interface PageError {
  type: "page_error";
  message: string;
  problem: string;
}
/**
 * Which page plays and captures; the others keep silent.
 */
export interface Activate {
  type: "activate";
  page_id: string;
}
/**
 * Block length, longest message of speech, start-up buffer (all in ms), input mode, and when it closes. It closes by itself if nobody spoke for `idle_off_s`, or if the tab was hidden for `hidden_off_s` (seconds; null is never).
 */
export interface Configure {
  type: "configure";
  block_ms: number;
  group_ms: number;
  startup_ms: number;
  input_mode: InputMode;
  idle_off_s: number | null;
  hidden_off_s: number | null;
}
/**
 * One block of speech to queue, from sample `start` of its content part on; PCM16 in the buffer.
 */
export interface Play {
  type: "play";
  generation: number;
  item_id: string;
  content_index: number;
  start: number;
}
/**
 * No more blocks will follow for that content part.
 */
export interface End {
  type: "end";
  generation: number;
  item_id: string;
  content_index: number;
}
/**
 * Fall silent and begin a new generation: older blocks are dropped from now on; answered by `cleared`.
 */
export interface Clear {
  type: "clear";
  generation: number;
}
/**
 * Close the microphone; opening it needs a click in the page.
 */
export interface CloseMicrophone {
  type: "microphone";
  reason:
    | ""
    | "closed"
    | "error"
    | "hidden"
    | "idle"
    | "kernel"
    | "other_page"
    | "replaced"
    | "unplugged"
    | "unseen"
    | "user";
}
/**
 * Every page that is alive answers with `here`.
 */
export interface Roll {
  type: "roll";
}
/**
 * The kernel lives; sent while a page shows the session. `heard` is false while what the microphone sends waits behind a running cell (a front end without subshells).
 */
export interface Beat {
  type: "beat";
  heard: boolean;
}
/**
 * The check of an interruption of that page is over without a figure: an answer plays, or begins to.
 */
export interface SilenceRefused {
  type: "silence_refused";
  page_id: string;
}
/**
 * A page has loaded the port, or was cut off from the kernel; it waits for `activate`.
 */
export interface Hello {
  type: "hello";
  page_id: string;
  views: number;
  sound: "blocked" | "failed" | "ready" | "waiting";
}
/**
 * A page lives: its answer to `roll`, a change of its views or sound, or its sign while no sound is sent.
 */
export interface Here {
  type: "here";
  page_id: string;
  views: number;
  sound: SoundState;
}
/**
 * A page is being closed or reloaded.
 */
export interface Bye {
  type: "bye";
  page_id: string;
}
/**
 * The user wants to play and talk in this page.
 */
export interface Claim {
  type: "claim";
  page_id: string;
}
/**
 * One captured block, PCM16 in the buffer, with the player's state when there is news. `sequence` counts from 0 for each opening of the microphone, and after each time that nobody heard it.
 */
export interface Audio {
  type: "audio";
  page_id: string;
  sequence: number;
  playback?: Playback;
}
/**
 * Where the player is, about ten times a second; its counters count from the page's start. `skipped_ms` is sound left out to make up for an underrun: of pauses, and of speech that was played faster.
 */
export interface Playback {
  type: "playback";
  page_id: string;
  generation: number;
  positions: Position[];
  playing: boolean;
  queued_ms: number;
  startup_ms: number;
  underruns: number;
  dropped: number;
  skipped_ms: number;
}
/**
 * Samples (24 kHz) of one content part that were received and that were really played.
 */
export interface Position {
  item_id: string;
  content_index: number;
  played: number;
  received: number;
}
/**
 * State of the page's microphone, what the browser granted, and what happened to the device in mid-talk.
 */
export interface MicrophoneReport {
  type: "microphone";
  page_id: string;
  state: MicrophoneState;
  muted: boolean;
  reason:
    | ""
    | "closed"
    | "error"
    | "hidden"
    | "idle"
    | "kernel"
    | "other_page"
    | "replaced"
    | "unplugged"
    | "unseen"
    | "user";
  problem?: MicrophoneProblem;
  settings?: {
    [k: string]: unknown;
  };
  notice?: string;
}
/**
 * Why the microphone did not open, and what the user can do.
 */
export interface MicrophoneProblem {
  code: string;
  message: string;
  cure: string;
}
/**
 * Answer to `clear`: the new generation, and where the old one stopped.
 */
export interface Cleared {
  type: "cleared";
  page_id: string;
  generation: number;
  positions: Position[];
}
/**
 * The stop button: where the page fell silent; it drops all older blocks already.
 */
export interface Interrupt {
  type: "interrupt";
  page_id: string;
  generation: number;
  positions: Position[];
}
/**
 * Push-to-talk was pressed or released; blocks are sent only between the two.
 */
export interface Talk {
  type: "talk";
  page_id: string;
  pressed: boolean;
}
/**
 * Play a test tone as an answer is played, or interrupt it as an answer is interrupted.
 */
export interface CheckSilence {
  type: "check_silence";
  page_id: string;
  step: "cut" | "tone";
}
/**
 * Where a page finds its kernel, and a token that lets it in once. Over the notebook's connection. `lane_id` is for the Jupyter server's relay, empty if that cannot find the kernel; `port` for a page on the kernel's own machine.
 */
export interface LaneOffer {
  type: "lane_offer";
  page_id: string;
  lane_id: string;
  port: number;
  token: string;
}
/**
 * The last command without a number for that page. Over the notebook's connection.
 */
export interface LaneMoved {
  type: "lane_moved";
  page_id: string;
}
/**
 * A command for one page, with its number from 0 on; `received` as in `Acknowledged`.
 */
export interface NumberedCommand {
  type: "numbered";
  page_id: string;
  number: number;
  received: number;
  message: Activate | Configure | Play | End | Clear | CloseMicrophone | Roll | Beat | SilenceRefused;
}
/**
 * The sender has all messages of the other side below number `received`.
 */
export interface Acknowledged {
  type: "acknowledged";
  page_id: string;
  received: number;
}
/**
 * A page would like to use the direct lane; answered by `lane_offer`. Over the notebook's connection.
 */
export interface LaneAsk {
  type: "lane_ask";
  page_id: string;
}
/**
 * The page's last report without a number: all further ones have one. Over the notebook's connection.
 */
export interface LaneMove {
  type: "lane_move";
  page_id: string;
}
/**
 * A page's report, with its number from 0 on; `received` as in `Acknowledged`.
 */
export interface NumberedReport {
  type: "numbered";
  page_id: string;
  number: number;
  received: number;
  message:
    | Hello
    | Here
    | Bye
    | Claim
    | Audio
    | MicrophoneReport
    | Playback
    | Cleared
    | Interrupt
    | Talk
    | CheckSilence;
}
/**
 * The page may use the lane. On the lane.
 */
export interface LaneWelcome {
  type: "lane_welcome";
}
/**
 * Answer to a ping. On the lane.
 */
export interface LanePong {
  type: "lane_pong";
  count: number;
}
/**
 * A page shows its token; answered by `lane_welcome`. On the lane.
 */
export interface LaneJoin {
  type: "lane_join";
  page_id: string;
  token: string;
}
/**
 * Measures the way to the kernel and back; answered by `lane_pong`. On the lane.
 */
export interface LanePing {
  type: "lane_ping";
  page_id: string;
  count: number;
}
/**
 * The page goes on over this lane, after an earlier one was cut. On the lane. `round_trip_ms` is the way to the kernel and back, as measured.
 */
export interface LaneUse {
  type: "lane_use";
  page_id: string;
  round_trip_ms: number;
}
/**
 * A new or changed entry, to stand right after the entry `after` (first when that is null).
 */
export interface Upsert {
  type: "upsert";
  entry: Entry;
  after: string | null;
}
/**
 * One line of the transcript; of a cut answer `heard_ms` were heard, about `heard_length` characters. A `preamble` is what the model says before its answer. On an answer `delay` says how many seconds the user waited for it, and `turn` is the number of its turn in the timeline. `at` is when it began, in seconds since 1970. `sound` says that it can be heard again, `sound_gone` that its sound is not kept any more, `edited` that the user has put other words in its place.
 */
export interface Entry {
  id: string;
  kind: "assistant" | "error" | "notice" | "tool" | "user";
  text: string;
  source: "" | "speech" | "text";
  state: "completed" | "in_progress" | "incomplete";
  cut: boolean;
  heard_ms: number | null;
  heard_length: number | null;
  preamble: boolean;
  images?: ShownImage[];
  tool?: ToolCard;
  shown?: ShownCard;
  delay: number | null;
  turn: number | null;
  at: number | null;
  sound: boolean;
  sound_gone: boolean;
  edited: boolean;
}
/**
 * An image of a message: a copy of a few kB as a data URI, or none, and what there is to say of it.
 */
export interface ShownImage {
  thumbnail: string;
  text: string;
}
/**
 * A tool call as the user sees it; `pictures` are PNG or JPEG in data URIs, `fraction` goes from 0 to 1. `read_as` are the arguments as they were read, if the model sent them slightly wrong. A call that asks counts as refused after `limit_s` seconds (null is never), of which `seconds_left` were left when the card was sent; `by_voice` says that a spoken or typed yes or no answers it, `consent` how the user decided, in words, and `always` that the user has allowed all calls of the tool, which can be taken back. `printed` and `traceback` have the colours of a terminal. `outputs` are in the order in which they were displayed. `version` is the one of the tool that ran, `change` what was different to the one before, `place` the line of the cell that failed, `beside` which of several calls at once it is, `again` are calls by hand.
 */
export interface ToolCard {
  call_id: string;
  name: string;
  arguments: string;
  state: "approval" | "done" | "error" | "running" | "waiting";
  result: string;
  error: string;
  traceback: string;
  printed: string;
  note: string;
  fraction: number | null;
  pictures: string[];
  seconds: number | null;
  read_as: string;
  limit_s: number | null;
  seconds_left: number | null;
  by_voice: boolean;
  consent: string;
  always: boolean;
  outputs: ShownOutput[];
  version: number | null;
  change: string;
  place: string;
  beside: string;
  again: AgainCard[];
}
/**
 * What a call displayed or returned; `text` is its plain form, `note` says what of it is not shown. `data` is, for an `image`, a data URI (of PNG and JPEG it is in the card's `pictures`, at the index `picture`); for `html`, HTML to be shown only where no script runs and nothing is loaded; for `rendered`, the source of the MIME type `mime`, which the front end may render, or else show `html`; for a `widget`, the id of its model.
 */
export interface ShownOutput {
  kind: "html" | "image" | "rendered" | "text" | "widget";
  text: string;
  data: string;
  mime: string;
  html: string;
  note: string;
  picture: number | null;
}
/**
 * A call that the user made by hand in place of one of the model's; `given`: the model has its result.
 */
export interface AgainCard {
  number: number;
  arguments: string;
  result: string;
  error: string;
  seconds: number | null;
  given: boolean;
}
/**
 * An object that was shown to the model: what it is, the user's note, its cost, whether it was forgotten.
 */
export interface ShownCard {
  title: string;
  note: string;
  tokens: number;
  left_out: string;
  forgotten: boolean;
}
/**
 * An entry that is gone.
 */
export interface Remove {
  type: "remove";
  id: string;
}
/**
 * The module that draws formulas, in the buffer.
 */
export interface MathModule {
  type: "math";
}
/**
 * What the user typed.
 */
export interface Say {
  type: "say";
  text: string;
}
/**
 * What the user typed, which may be nothing, with images as files in the buffers.
 */
export interface SayImages {
  type: "say_images";
  text: string;
}
/**
 * The user wants to hear an entry again.
 */
export interface PlayEntry {
  type: "play_entry";
  id: string;
}
/**
 * The user takes an entry out of the talk.
 */
export interface DeleteEntry {
  type: "delete_entry";
  id: string;
}
/**
 * The user puts other words in the place of an entry.
 */
export interface EditEntry {
  type: "edit_entry";
  id: string;
  text: string;
}
/**
 * The user wants to begin from the beginning.
 */
export interface NewTalk {
  type: "new_talk";
}
/**
 * A page shows a formula, and wants the module that draws it.
 */
export interface NeedMath {
  type: "math";
}
/**
 * The user runs a call again by hand; `arguments` is JSON text.
 */
export interface RunAgain {
  type: "run_again";
  call_id: string;
  name: string;
  arguments: string;
}
/**
 * The model shall have the result of a call by hand in place of the one that it has.
 */
export interface GiveResult {
  type: "give_result";
  number: number;
}
/**
 * The user allows, refuses or stops a tool call, or wants to be asked again before those of its tool.
 */
export interface Decide {
  type: "decide";
  call_id: string;
  decision: "always" | "approve" | "ask" | "cancel" | "deny";
}
/**
 * The user wants to go on with the talk of a session whose kernel is gone, which the page has kept.
 */
export interface Continue {
  type: "continue";
  said: Said[];
}
/**
 * What somebody said, in words.
 */
export interface Said {
  role: "assistant" | "user";
  text: string;
}
/**
 * The user wants to see the panel, at this part, and at this turn if one is named.
 */
export interface ShowPanel {
  type: "show_panel";
  tab: InsightTab;
  turn: number | null;
}
/**
 * A new or changed caption, to stand right after the caption `after` (first when that is null).
 */
export interface UpsertCaption {
  type: "upsert";
  entry: Caption;
  after: string | null;
}
/**
 * What was said in one go, from `start` seconds of the captured sound on; until it is final it may change. `time` is the start as it is read.
 */
export interface Caption {
  id: string;
  start: number;
  time: string;
  text: string;
  final: boolean;
  speaker: string;
}
/**
 * A reply for the page that asked for it and plays it by itself, as a WAV file in the buffer.
 */
export interface ReplyClip {
  type: "sound";
  page_id: string;
}
/**
 * The page stops playing a reply.
 */
export interface Silence {
  type: "silence";
}
/**
 * A page wants to play the reply.
 */
export interface PlayReply {
  type: "play";
  page_id: string;
}
/**
 * A page wants the reply to stop.
 */
export interface StopReply {
  type: "stop";
}
/**
 * The page has played the reply by itself, or cannot.
 */
export interface ReplyEnded {
  type: "ended";
}
/**
 * How the talk went, for the page that asked for it.
 */
export interface ReplayScript {
  type: "script";
  page_id: string;
  steps: ReplayStep[];
  turns: ReplayTurn[];
}
/**
 * A line as it is from `at` on, right after the line `after` (first when that is null); null is gone.
 */
export interface ReplayStep {
  at: number;
  id: string;
  entry: Entry | null;
  after: string | null;
}
/**
 * Where the time of a turn went that began at `at`.
 */
export interface ReplayTurn {
  at: number;
  detail: TurnDetail;
}
/**
 * Where the time of one turn went.
 */
export interface TurnDetail {
  type: "turn";
  number: number;
  question: string;
  delay: number | null;
  heard: boolean;
  interrupted: boolean;
  spans: ShownSpan[];
  marks: ShownMark[];
  user: ShownWave[];
  voice: ShownWave[];
}
/**
 * Something that took time, in seconds after the user had finished.
 */
export interface ShownSpan {
  name: string;
  begin: number;
  end: number;
  label: string;
}
/**
 * Something that happened, in seconds after the user had finished.
 */
export interface ShownMark {
  name: string;
  at: number;
}
/**
 * A waveform: peaks of 0 to 255, each of `step` seconds, from `begin` on.
 */
export interface ShownWave {
  begin: number;
  step: number;
  peaks: number[];
}
/**
 * A piece of the sound of both sides, as a FLAC file in the buffer, for the page that asked for it.
 */
export interface ReplaySound {
  type: "sound";
  page_id: string;
  index: number;
}
/**
 * The talk as cells of a notebook, as JSON in the format of its file, for the page that asked for them.
 */
export interface ReplayCells {
  type: "cells";
  page_id: string;
  text: string;
}
/**
 * The sound cannot be read.
 */
export interface ReplayFailed {
  type: "failed";
  page_id: string;
  text: string;
}
/**
 * A page shows the recording, and wants to know how it went.
 */
export interface OpenReplay {
  type: "open";
  page_id: string;
}
/**
 * A page plays, and needs a piece of the sound.
 */
export interface WantSound {
  type: "want";
  page_id: string;
  index: number;
}
/**
 * The user wants the talk as cells below.
 */
export interface WantCells {
  type: "want_cells";
  page_id: string;
}
/**
 * Insert cells, as JSON in the format of a notebook's file, below a cell; for the page that it names.
 */
export interface InsertCells {
  type: "insert";
  page_id: string;
  cell_id: string;
  text: string;
}
/**
 * Whether the page can insert cells into the notebook.
 */
export interface CanInsert {
  type: "can_insert";
  page_id: string;
  takes: boolean;
}
/**
 * The cells are in the notebook.
 */
export interface CellsInserted {
  type: "inserted";
  page_id: string;
}
/**
 * New and changed events; with `whole` there are no others.
 */
export interface EventRows {
  type: "events";
  rows: EventRow[];
  whole: boolean;
}
/**
 * An event, or `count` of a kind in a row (sound); `size` is in bytes, `turn` the number of its turn.
 */
export interface EventRow {
  number: number;
  at: number;
  sender: "client" | "server";
  name: string;
  size: number;
  count: number;
  turn: number | null;
  note: string;
}
/**
 * What an event said, as JSON; sound and images stand as their length in bytes.
 */
export interface EventPayload {
  type: "payload";
  number: number;
  text: string;
}
/**
 * Events in which all words of a text stand, among those from `since` up to `until`.
 */
export interface EventsFound {
  type: "found";
  page_id: string;
  text: string;
  rows: EventRow[];
  since: number;
  until: number;
}
/**
 * The talk as a test: a file of Python.
 */
export interface TestText {
  type: "test";
  text: string;
}
/**
 * New and changed turns.
 */
export interface TurnRows {
  type: "turns";
  turns: ShownTurn[];
}
/**
 * A turn in the list; `delay` is what the user waited for its first sound or words, in seconds.
 */
export interface ShownTurn {
  number: number;
  question: string;
  answer: string;
  delay: number | null;
  interrupted: boolean;
}
/**
 * What was used, by kind and by turn, and what is left.
 */
export interface Money {
  type: "money";
  total: string;
  prices: string;
  lines: MoneyLine[];
  turns: MoneyTurn[];
  limits: ShownLimit[];
}
/**
 * One kind of use: how much of it, and what it cost (empty if that is not known).
 */
export interface MoneyLine {
  what: string;
  quantity: string;
  amount: string;
}
/**
 * What one turn used.
 */
export interface MoneyTurn {
  question: string;
  tokens: number;
  amount: string;
}
/**
 * Something that can be used up: the share that is used (0 to 1), and the same in words.
 */
export interface ShownLimit {
  name: string;
  share: number;
  text: string;
}
/**
 * How the sound's way is: the player's queue and counters, lost messages of sound, and the running cell. `queued_ms` is None if no page plays. `lane_ms` is the way to the page that sounds and back on the direct lane, None if its sound goes over the notebook's connection. `cell_s` says for how long a cell has been running, `heard` whether the kernel hears the page meanwhile.
 */
export interface Health {
  type: "health";
  queued_ms: number | null;
  startup_ms: number;
  underruns: number;
  dropped: number;
  lost: number;
  lane_ms: number | null;
  cell_s: number;
  heard: boolean;
}
/**
 * The answer to a `Ping`.
 */
export interface Pong {
  type: "pong";
  page_id: string;
  number: number;
}
/**
 * All tools.
 */
export interface ToolRows {
  type: "tools";
  tools: ToolRow[];
}
/**
 * A tool: `parameters` is the JSON schema of its arguments, `change` what was new when it was replaced.
 */
export interface ToolRow {
  name: string;
  signature: string;
  description: string;
  parameters: string;
  enabled: boolean;
  version: number;
  origin: string;
  asks: boolean;
  refused: string;
  change: string;
}
/**
 * How a call by hand goes; `seconds` is None while it runs.
 */
export interface Tried {
  type: "tried";
  number: number;
  name: string;
  output: string;
  error: string;
  printed: string;
  traceback: string;
  seconds: number | null;
}
/**
 * The settings in effect, and what of them the service can change. `reasoning` and `turn_detection` are empty if they have a shape of their own; `voice_fixed` says why the voice cannot change.
 */
export interface ShownSettings {
  type: "settings";
  voice: string;
  voices: string[];
  voice_fixed: string;
  speed: number;
  slowest: number;
  fastest: number;
  instructions: string;
  turn_detection: string;
  detections: string[];
  language: string;
  transcribes: boolean;
  reasoning: string;
  efforts: string[];
  max_output_tokens: string;
  limits_output: boolean;
  text_only: boolean;
  writes: boolean;
}
/**
 * What became of a change: empty if it is in effect, else why it is not.
 */
export interface SettingsAnswer {
  type: "answer";
  names: string[];
  problem: string;
}
/**
 * The cell that makes this session.
 */
export interface SessionCode {
  type: "code";
  text: string;
}
/**
 * A page shows this part now, and knows nothing of it yet; an empty one if it shows none.
 */
export interface WatchTab {
  type: "watch";
  page_id: string;
  tab: "" | "events" | "money" | "settings" | "time" | "tools";
}
/**
 * A page wants to see a turn.
 */
export interface AskTurn {
  type: "turn";
  number: number;
}
/**
 * A page wants to read an event.
 */
export interface AskPayload {
  type: "payload";
  number: number;
}
/**
 * A page looks for words in all that the events say, from the event of a number on.
 */
export interface SearchEvents {
  type: "search";
  page_id: string;
  text: string;
  since: number;
}
/**
 * A page wants the talk as a test.
 */
export interface AskTest {
  type: "test";
}
/**
 * A page measures the way to the kernel and back.
 */
export interface Ping {
  type: "ping";
  page_id: string;
  number: number;
}
/**
 * The user closes the panel.
 */
export interface ClosePanel {
  type: "close";
}
/**
 * The user switches a tool on or off for the model.
 */
export interface SwitchTool {
  type: "switch";
  name: string;
  on: boolean;
}
/**
 * The user calls a tool by hand; `arguments` is JSON text.
 */
export interface TryTool {
  type: "try";
  name: string;
  arguments: string;
}
/**
 * The user changes settings, by their names in `RealtimeSession.update`.
 */
export interface ChangeSettings {
  type: "change";
  changes: {
    [k: string]: unknown;
  };
}
/**
 * A page wants the cell that makes this session.
 */
export interface AskCode {
  type: "code";
}
/**
 * What was said, as the class sees it; `who` is empty for the model.
 */
export interface LessonLine {
  id: string;
  who: string;
  text: string;
  growing: boolean;
}
/**
 * The teacher asks a prepared question, by its number from 0.
 */
export interface AskPrepared {
  type: "ask";
  number: number;
}
/**
 * The teacher stops the answer.
 */
export interface StopAnswer {
  type: "stop";
}
/**
 * Somebody has the floor, by name; empty if nobody has.
 */
export interface GiveFloor {
  type: "floor";
  name: string;
}
/**
 * The user closes the bar.
 */
export interface CloseDock {
  type: "close";
}
/**
 * The model wants to look: the page whose camera is on sends a picture with this number.
 */
export interface TakePicture {
  type: "take";
  number: number;
}
/**
 * The camera goes off.
 */
export interface CameraOff {
  type: "off";
}
/**
 * The state of a page's camera has changed.
 */
export interface CameraReport {
  type: "camera";
  page_id: string;
  state: MicrophoneState;
  problem: MicrophoneProblem | null;
  label: string;
  width: number;
  height: number;
}
/**
 * A picture of the camera, a JPEG in the buffer; `number` is that of `TakePicture`, 0 if nobody asked.
 */
export interface CameraPicture {
  type: "picture";
  page_id: string;
  width: number;
  height: number;
  why: "asked" | "change" | "click" | "time";
  number: number;
}
/**
 * New and changed items; with `whole` there are no others.
 */
export interface ReviewItems {
  type: "items";
  items: ReviewItem[];
  whole: boolean;
}
/**
 * Something that was flagged; `others` are given once the own judgement is there.
 */
export interface ReviewItem {
  id: string;
  time: number;
  place: string;
  check: string;
  action: string;
  reason: string;
  score: number | null;
  text: string;
  tool: string;
  talk: ReviewSaid[];
  heard: boolean;
  spoken: boolean;
  own: ReviewJudgement | null;
  others: ReviewJudgement[];
}
/**
 * One entry of the talk before something that was flagged; `flagged` is the one that it is about.
 */
export interface ReviewSaid {
  role: string;
  text: string;
  flagged: boolean;
}
/**
 * What one reviewer decided.
 */
export interface ReviewJudgement {
  reviewer: string;
  judgement: "right" | "unsure" | "wrong";
  note: string;
}
/**
 * Items that were forgotten.
 */
export interface ReviewGone {
  type: "gone";
  ids: string[];
}
/**
 * The tool calls that wait for consent, oldest first.
 */
export interface ReviewAsking {
  type: "asking";
  calls: ToolCard[];
}
/**
 * Sound of an item for the page that asked for it, as a WAV file in the buffer.
 */
export interface ReviewSound {
  type: "sound";
  page_id: string;
}
/**
 * A page shows the queue, and knows no items yet.
 */
export interface ReviewReady {
  type: "ready";
}
/**
 * The reviewer decides on an item.
 */
export interface Judge {
  type: "judge";
  id: string;
  judgement: "right" | "unsure" | "wrong";
  note: string;
}
/**
 * The reviewer wants to hear the user or the answer.
 */
export interface PlaySide {
  type: "play";
  id: string;
  side: "heard" | "spoken";
  page_id: string;
}
/**
 * A view of a link would like fresh tokens, good for ten minutes and for one page each.
 */
export interface AskLinks {
  type: "ask_links";
  view_id: string;
  count: number;
}
/**
 * Tokens for one view, and where the kernel serves the page; `address` is a known proxy's.
 */
export interface Links {
  type: "links";
  view_id: string;
  tokens: string[];
  lane_id: string;
  port: number;
  address: string;
}
/**
 * A token of that view was used; it would like another one.
 */
export interface LinkOpened {
  type: "link_opened";
  view_id: string;
}
/**
 * All models, the one to show, and a key by which the page comes back after its connection was cut.
 */
export interface PageWelcome {
  type: "page_welcome";
  key: string;
  root: string;
  models: PageModel[];
}
/**
 * A widget's model: its state without code and style, which are files beside the page. `buffers` are the lengths of the state's binary values in the frame's payload, which belong at `buffer_paths`.
 */
export interface PageModel {
  model_id: string;
  module: string;
  style: string;
  state: {
    [k: string]: unknown;
  };
  buffer_paths: (string | number)[][];
  buffers: number[];
}
/**
 * Models that what is shown refers to from now on.
 */
export interface PageModels {
  type: "page_models";
  models: PageModel[];
}
/**
 * A message of a widget to its front ends or back, as ipywidgets has it; `buffers` are lengths.
 */
export interface ModelMessage {
  type: "model_message";
  model_id: string;
  data: {
    [k: string]: unknown;
  };
  buffers: number[];
}
/**
 * A page shows its token; answered by `page_welcome`.
 */
export interface PageJoin {
  type: "page_join";
  token: string;
}
/**
 * A whole recording, when it is over; PCM16 in the buffer.
 */
export interface Recording {
  type: "recording";
  rate: number;
}
/**
 * An API key; it is in the buffer, which no log shows.
 */
export interface Key {
  type: "key";
}
/**
 * The user wants to give another key.
 */
export interface Forget {
  type: "forget";
}
/**
 * What a session does and whom it talks to; `usage` is tokens and money so far, in words. `hearing` is true while the service hears speech, `consents` counts tool calls that wait for the user, and `successor` is the port of the session that replaced this one (empty if none did); `panel` says that there is a panel to look into it.
 */
export interface Status {
  state:
    "closed" | "connecting" | "idle" | "listening" | "preparing" | "reconnecting" | "speaking" | "thinking";
  detail: string;
  endpoint: string;
  model: string;
  voice: string;
  tools: string[];
  usage: string;
  problem: string;
  hearing: boolean;
  consents: number;
  successor: string;
  can_restart: boolean;
  panel: boolean;
}
/**
 * The user starts a closed session again, with the talk so far or without it.
 */
export interface Restart {
  type: "restart";
  keep_talk: boolean;
}
/**
 * The user wants to go on with an earlier session that another one has replaced.
 */
export interface TalkHere {
  type: "talk_here";
}
/**
 * The user wants the console beside the code: in the side panel, or in a split.
 */
export interface ShowDock {
  type: "show_dock";
  place: DockPlace;
}
