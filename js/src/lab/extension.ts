/** The entry point of JupyterLab's extension. */

import { offer } from "./commands";

offer();
