/**
 * Spectral clustering.
 *
 * @module
 */
import { type Kinds, notBuilt } from "../kind.ts";

const run = notBuilt("spectral clustering");

export const spectral: Kinds = {
  kinds: [{ function: /\/spectral\.py:/, run }],
  tables: [{ name: "spatial_temporal_graph_table", run }],
};
