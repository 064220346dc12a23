/**
 * Characters over which versions of Unicode differ, as they stand between brackets in a regular
 * expression with the flag `u`. JavaScript engines go by the version of the ICU that they hold, the
 * reference by those of its libraries: letters and numbers are Unicode 17's (`regex`), case and
 * composition are Unicode 14's (Python 3.11). With these lists every engine agrees with it.
 *
 * @module
 */

/** Letters that came with Unicode 17. */
export const NEW_LETTERS =
  String.raw`\u{88f}\u{c5c}\u{cdc}\u{a7ce}\u{a7cf}\u{a7d2}\u{a7d4}\u{a7f1}` +
  String.raw`\u{10940}-\u{10959}\u{10ec5}-\u{10ec7}\u{11db0}-\u{11ddb}\u{16ea0}-\u{16eb8}` +
  String.raw`\u{16ebb}-\u{16ed3}\u{16ff2}\u{16ff3}\u{187f8}-\u{187ff}\u{18d09}-\u{18d1e}` +
  String.raw`\u{18d80}-\u{18df2}\u{1e6c0}-\u{1e6de}\u{1e6e0}-\u{1e6e2}\u{1e6e4}\u{1e6e5}` +
  String.raw`\u{1e6e7}-\u{1e6ed}\u{1e6f0}-\u{1e6f4}\u{1e6fe}\u{1e6ff}\u{2b73a}-\u{2b73f}` +
  String.raw`\u{2cea2}-\u{2cead}\u{323b0}-\u{33479}`;

/** Numbers that came with Unicode 17. */
export const NEW_NUMBERS = String.raw`\u{11de0}-\u{11de9}\u{16ff4}-\u{16ff6}`;

/**
 * What came after Unicode 14 and is a mark, has case, stands between cased letters without a say, or
 * composes.
 */
export const NEW_MARKS_AND_CAPITALS =
  String.raw`\u{897}\u{cf3}\u{ece}\u{1acf}-\u{1add}\u{1ae0}-\u{1aeb}\u{1c89}\u{1c8a}` +
  String.raw`\u{a7cb}-\u{a7cf}\u{a7d2}\u{a7d4}\u{a7da}-\u{a7dc}\u{a7f1}\u{105c9}\u{105d2}` +
  String.raw`\u{105da}\u{105e4}\u{10d4e}\u{10d50}-\u{10d65}\u{10d69}-\u{10d6d}` +
  String.raw`\u{10d6f}-\u{10d85}\u{10ec5}\u{10efa}-\u{10eff}\u{11241}\u{11382}-\u{11385}` +
  String.raw`\u{1138b}\u{1138e}\u{11390}\u{11391}\u{113b8}-\u{113c0}\u{113c2}\u{113c5}` +
  String.raw`\u{113c7}-\u{113ca}\u{113cc}-\u{113d0}\u{113d2}\u{113e1}\u{113e2}` +
  String.raw`\u{11b60}-\u{11b67}\u{11dd9}\u{11f00}\u{11f01}\u{11f03}\u{11f34}-\u{11f3a}` +
  String.raw`\u{11f3e}-\u{11f42}\u{11f5a}\u{13439}-\u{13440}\u{13447}-\u{13455}` +
  String.raw`\u{1611e}-\u{1612f}\u{16d40}-\u{16d42}\u{16d63}\u{16d67}-\u{16d6c}` +
  String.raw`\u{16ea0}-\u{16eb8}\u{16ebb}-\u{16ed3}\u{16ff2}\u{16ff3}\u{1ccd6}-\u{1ccf9}` +
  String.raw`\u{1df25}-\u{1df2a}\u{1e030}-\u{1e06d}\u{1e08f}\u{1e4eb}-\u{1e4ef}` +
  String.raw`\u{1e5ee}\u{1e5ef}\u{1e6e3}\u{1e6e6}\u{1e6ee}\u{1e6ef}\u{1e6f5}\u{1e6ff}`;
