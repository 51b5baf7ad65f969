/** Plays a recording whose sound comes in pieces, when they are needed: from any place, without gaps between them. */

export type RecordingState = "paused" | "loading" | "playing";

/** How long before the end of a piece the next one is asked for (s). */
const AHEAD_S = 8;
/** Pieces that are kept. */
const KEPT = 6;
/** How often it looks what is due (ms). */
const TICK_MS = 50;

/** As much of an AudioContext as it needs. */
export type PieceContext = Pick<
  AudioContext,
  "currentTime" | "destination" | "createBufferSource" | "decodeAudioData" | "resume" | "close"
>;

export class RecordingPlayer {
  state: RecordingState = "paused";
  private context: PieceContext | null = null;
  private readonly pieces = new Map<number, AudioBuffer>();
  private readonly wanted = new Set<number>();
  private sources: AudioBufferSourceNode[] = [];
  /** Where it was when the clock stood at `anchor`. */
  private from = 0;
  private anchor = 0;
  /** The piece that is to be scheduled next, and when it begins on the context's clock. */
  private next = 0;
  private nextAt = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** `want` asks for a piece; without sound only the time goes by. `changed` is told of places and states. */
  constructor(
    private readonly seconds: number,
    private readonly pieceSeconds: number,
    private readonly hasSound: boolean,
    private readonly want: (index: number) => void,
    private readonly changed: () => void,
    private readonly makeContext: () => PieceContext = () => new AudioContext(),
  ) {}

  /** Where it is, in seconds of the recording. */
  get position(): number {
    if (this.state !== "playing") return this.from;
    return Math.min(this.seconds, this.from + this.now() - this.anchor);
  }

  play(): void {
    if (this.state !== "paused") return;
    if (this.from >= this.seconds) this.from = 0;
    if (this.hasSound) {
      this.context ??= this.makeContext();
      void this.context.resume();
    }
    this.begin();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  pause(): void {
    if (this.state === "paused") return;
    this.from = this.position;
    this.silence();
    clearInterval(this.timer);
    this.become("paused");
  }

  seek(position: number): void {
    this.from = Math.max(0, Math.min(this.seconds, position));
    if (this.state === "paused") return this.changed();
    this.silence();
    this.begin();
  }

  /** Takes a piece of the sound, as a file. */
  async put(index: number, file: DataView): Promise<void> {
    if (!this.context) return;
    const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength).slice();
    const buffer = await this.context.decodeAudioData(bytes.buffer);
    this.wanted.delete(index);
    this.pieces.set(index, buffer);
    for (const old of this.pieces.keys()) {
      if (this.pieces.size <= KEPT) break;
      if (Math.abs(old - index) > 1) this.pieces.delete(old);
    }
    if (this.state === "loading") this.begin();
    else if (this.state === "playing") this.fill();
  }

  /** Forgets what was asked for: it does not come. */
  fail(): void {
    this.wanted.clear();
    this.pause();
  }

  end(): void {
    this.pause();
    void this.context?.close();
    this.context = null;
  }

  private now(): number {
    return this.context ? this.context.currentTime : performance.now() / 1000;
  }

  private become(state: RecordingState): void {
    this.state = state;
    this.changed();
  }

  private silence(): void {
    for (const source of this.sources.splice(0)) source.stop();
  }

  /** Begins at the present place, if its piece is there; otherwise it is asked for. */
  private begin(): void {
    const index = Math.floor(this.from / this.pieceSeconds);
    if (this.hasSound && !this.pieces.has(index)) {
      this.ask(index);
      return this.become("loading");
    }
    this.anchor = this.now();
    this.next = index;
    this.nextAt = this.anchor;
    this.become("playing");
    this.fill(this.from - index * this.pieceSeconds);
  }

  private ask(index: number): void {
    if (this.wanted.has(index) || index * this.pieceSeconds >= this.seconds) return;
    this.wanted.add(index);
    this.want(index);
  }

  /** Schedules the pieces that are there and due, the first one from `offset` on. */
  private fill(offset = 0): void {
    const { context } = this;
    if (!context) return;
    for (;;) {
      const piece = this.pieces.get(this.next);
      if (!piece || this.nextAt - context.currentTime > AHEAD_S) break;
      const source = context.createBufferSource();
      source.buffer = piece;
      source.connect(context.destination);
      if (offset < piece.duration) source.start(this.nextAt, offset);
      this.sources.push(source);
      this.nextAt += this.pieceSeconds - offset;
      this.next++;
      offset = 0;
    }
    if (this.nextAt - context.currentTime < AHEAD_S && !this.pieces.has(this.next)) this.ask(this.next);
  }

  private tick(): void {
    if (this.state !== "playing") return;
    if (this.position >= this.seconds) {
      this.pause();
      return;
    }
    this.fill();
    if (this.hasSound && this.now() >= this.nextAt) {
      this.from = this.next * this.pieceSeconds; // the next piece is late: wait for it there
      this.silence();
      this.begin();
    }
    this.changed();
  }
}
