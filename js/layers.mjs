/** Which room of `src` may import which, imports for typing included; `npm run layers` checks it. */

/** Top floor first: a room may import itself and the floors below, not rooms on its own floor or above. */
const FLOORS = [
  [
    "widgets/console",
    "widgets/insight",
    "widgets/page",
    "widgets/recording",
    "widgets/safety",
    "widgets/sources",
    "widgets/teaching",
  ],
  ["widgets/sound", "widgets/talk", "widgets/card.ts"],
  ["lab", "page"],
  ["ui"],
  ["audio/lane", "audio/worklets", "anywidget.ts", "saved_state.ts"],
  ["audio/port"],
  ["audio/capture", "audio/playback", "video"],
  ["audio/context.ts", "audio/devices.ts", "audio/pcm.ts", "audio/resampler.ts", "audio/sound_check.ts"],
  ["messages.ts"],
];

/** Returns a pattern for the paths of modules in any of the rooms. */
const inside = (rooms) => `^src/(${rooms.join("|").replaceAll(".", "\\.")})(/|$)`;

const floors = FLOORS.flatMap((floor, level) =>
  floor.map((room) => {
    const others = FLOORS.slice(0, level + 1)
      .flat()
      .filter((other) => other !== room);
    return {
      name: `${room} imports only what stands below it`,
      severity: "error",
      from: { path: inside([room]) },
      to: { path: inside(others) },
    };
  }),
).filter(({ to }) => to.path !== inside([]));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...floors,
    {
      name: "no module outside the rooms",
      severity: "error",
      from: { path: "^src/", pathNot: inside(FLOORS.flat()) },
      to: {},
    },
    {
      name: "no circles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "audio knows nothing of notebooks",
      comment: "Its kernel is at the other end of a Transport, and its views are in other rooms.",
      severity: "error",
      from: { path: "^src/audio/" },
      to: { path: ["anywidget", "preact"] },
    },
    {
      name: "worklets are programs of their own",
      comment: "The page loads their bundled text (`worklet:...`) and imports none of their modules.",
      severity: "error",
      from: { pathNot: "^src/audio/worklets/" },
      to: { path: "^src/audio/worklets/" },
    },
    {
      name: "every import leads somewhere",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^worklet:" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
