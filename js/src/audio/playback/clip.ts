/** Plays one complete sound file in the page, independent of the players of sessions. */

export class ClipPlayer {
  private audio: HTMLAudioElement | null = null;

  /** `ended` is called when a sound has ended or cannot be played. */
  constructor(private readonly ended: () => void) {}

  /** Plays a sound file and stops the previous one. */
  play(file: DataView): void {
    this.stop();
    const url = URL.createObjectURL(
      new Blob([new Uint8Array(file.buffer, file.byteOffset, file.byteLength).slice()]),
    );
    const audio = new Audio(url);
    const over = () => {
      URL.revokeObjectURL(url);
      if (this.audio !== audio) return;
      this.audio = null;
      this.ended();
    };
    for (const end of ["ended", "error", "pause"]) audio.addEventListener(end, over, { once: true });
    this.audio = audio;
    // Browsers reject play() before the first click in the page.
    audio.play().catch(over);
  }

  /** Stops playback. */
  stop(): void {
    this.audio?.pause();
  }
}
