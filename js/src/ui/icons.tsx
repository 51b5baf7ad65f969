/** Icons as inline SVG, so that nothing is loaded over the network. */

import type { ComponentChildren } from "preact";

function Icon({ children, filled = false }: { children: ComponentChildren; filled?: boolean }) {
  return (
    <svg
      class="rw-icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill={filled ? "currentColor" : "none"}
      stroke={filled ? "none" : "currentColor"}
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      {children}
    </svg>
  );
}

export const MicrophoneIcon = () => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
);

export const MicrophoneOffIcon = () => (
  <Icon>
    <path d="M15 10V6a3 3 0 0 0-5.9-.8M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5a6.4 6.4 0 0 1-.5 2.4M12 18v3M4 4l16 16" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <rect x="8.5" y="8.5" width="11" height="11" rx="2.5" />
    <path d="M15.5 5.5a2 2 0 0 0-2-2h-7a3 3 0 0 0-3 3v7a2 2 0 0 0 2 2" />
  </Icon>
);

export const EditIcon = () => (
  <Icon>
    <path d="m4 20 .9-4L15.6 5.3a2.1 2.1 0 0 1 3 3L8 19.1zM13.5 7.5l3 3" />
  </Icon>
);

export const TrashIcon = () => (
  <Icon>
    <path d="M5 7h14M10 4h4M7 7l.8 12a1.5 1.5 0 0 0 1.5 1.4h5.4a1.5 1.5 0 0 0 1.5-1.4L17 7M10.3 11v6M13.7 11v6" />
  </Icon>
);

export const SearchIcon = () => (
  <Icon>
    <circle cx="10.5" cy="10.5" r="6" />
    <path d="m15 15 5 5" />
  </Icon>
);

export const NewIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);

export const GearIcon = () => (
  <Icon>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2.2" />
    <circle cx="9" cy="17" r="2.2" />
  </Icon>
);

export const TuneIcon = () => (
  <Icon>
    <path d="M6 4v6M6 14v6M12 4v3M12 11v9M18 4v9M18 17v3" />
    <path d="M4 12h4M10 9h4M16 15h4" />
  </Icon>
);

export const ChartIcon = () => (
  <Icon>
    <path d="M4 6h7M8 12h9M13 18h7" />
  </Icon>
);

export const PowerIcon = () => (
  <Icon>
    <path d="M12 4v8M7.5 6.8a7 7 0 1 0 9 0" />
  </Icon>
);

export const StopIcon = () => (
  <Icon filled>
    <rect x="6.5" y="6.5" width="11" height="11" rx="2" />
  </Icon>
);

export const PlayIcon = () => (
  <Icon filled>
    <path d="M8 5.6c0-.9 1-1.5 1.8-1l9 6.4c.7.5.7 1.5 0 2l-9 6.4c-.8.5-1.8 0-1.8-1z" />
  </Icon>
);

export const PauseIcon = () => (
  <Icon filled>
    <rect x="6.5" y="5" width="4" height="14" rx="1.2" />
    <rect x="13.5" y="5" width="4" height="14" rx="1.2" />
  </Icon>
);

export const VolumeIcon = ({ volume }: { volume: number }) => (
  <Icon>
    <path d="M4 9.5v5h3.2L12 18.5v-13L7.2 9.5z" />
    {volume > 0 && <path d="M15.2 9.3a4 4 0 0 1 0 5.4" />}
    {volume > 0.5 && <path d="M17.8 6.8a7.5 7.5 0 0 1 0 10.4" />}
    {volume === 0 && <path d="m15.5 9.7 4.6 4.6m0-4.6-4.6 4.6" />}
  </Icon>
);

export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5.5M6 11.2l6-6 6 6" />
  </Icon>
);

export const ToolIcon = () => (
  <Icon>
    <path d="M14.6 6.4a4.2 4.2 0 0 0-5.4 5.4L4 17l3 3 5.2-5.2a4.2 4.2 0 0 0 5.4-5.4L14.8 12 12 9.2z" />
  </Icon>
);

export const AlertIcon = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2" />
  </Icon>
);

export const InfoIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8v.2" />
  </Icon>
);

export const CameraIcon = () => (
  <Icon>
    <path d="M4 8h3.2l1.6-2.4h6.4L16.8 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z" />
    <circle cx="12" cy="13.2" r="3.4" />
  </Icon>
);

export const HandIcon = () => (
  <Icon>
    <path d="M7 12V6.5a1.5 1.5 0 0 1 3 0V11m0-1V4.5a1.5 1.5 0 0 1 3 0V11m0-5a1.5 1.5 0 0 1 3 0v6m0-3.5a1.5 1.5 0 0 1 3 0V14a7 7 0 0 1-7 7c-3 0-4.5-1.4-6-4l-2-3.5a1.6 1.6 0 0 1 2.7-1.7L7 14" />
  </Icon>
);

export const WindowIcon = () => (
  <Icon>
    <rect x="3" y="5" width="18" height="12" rx="1.5" />
    <path d="M8.5 20.5h7M12 17v3.5" />
  </Icon>
);

export const EyeIcon = () => (
  <Icon>
    <path d="M2.5 12s3.6-6.2 9.5-6.2 9.5 6.2 9.5 6.2-3.6 6.2-9.5 6.2S2.5 12 2.5 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </Icon>
);

export const CutIcon = () => (
  <Icon>
    <path d="M4 12h4l2-5 3 10 2-5h1M19 5v14" />
  </Icon>
);

export const KeyboardIcon = () => (
  <Icon>
    <rect x="3" y="6.5" width="18" height="11" rx="2" />
    <path d="M7 10.3v.1M10.3 10.3v.1M13.7 10.3v.1M17 10.3v.1M8 14h8" />
  </Icon>
);

export const ChevronIcon = () => (
  <Icon>
    <path d="m9.5 6 6 6-6 6" />
  </Icon>
);

export const FoldIcon = ({ folded }: { folded: boolean }) => (
  <Icon>
    <path d={folded ? "m7 14.5 5-5 5 5" : "m7 9.5 5 5 5-5"} />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m5.5 12.5 4.3 4.3L18.5 8" />
  </Icon>
);

export const Spinner = () => <span class="rw-spinner" aria-hidden="true" />;

export const ContrastIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor" />
  </Icon>
);
