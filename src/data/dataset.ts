/**
 * What every data set offers to the loader and to evaluation.
 *
 * @module
 */

/** One text-video pair. */
export interface Sample {
  /** Identifier of the video, as the data set's annotation files spell it. */
  readonly id: string;
  /** File name below the video folder, and the key in an LMDB. */
  readonly file: string;
  /** Where the clip starts and ends, in seconds; the whole video where absent. */
  readonly start?: number;
  readonly end?: number;
  readonly text: string;
}

/** A video that a split names and that is not there. */
export interface MissingVideo {
  readonly id: string;
  /** Where it was looked for, to follow "not in": a folder, an LMDB, a list of paths. */
  readonly place: string;
}

/** A split of a data set: an indexed list of samples. */
export interface Dataset {
  readonly name: string;
  readonly split: "train" | "val" | "test" | "order";
  readonly length: number;
  /**
   * The sample at `index`. `integer(n)` draws uniformly from [0, n) where the data set chooses at
   * random (one caption of several).
   */
  at(index: number, integer: (n: number) => number): Sample;
  /**
   * Several captions a video, evaluated together (MSVD): the cumulative number of captions after each
   * video, in the order of the samples. Absent where each caption has its own row and video.
   */
  readonly cutOffPoints?: readonly number[];
  /** Videos that the split names and that are not there: it has no sample of them. */
  readonly missing?: readonly MissingVideo[];
}
