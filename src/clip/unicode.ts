/**
 * Characters over which versions of Unicode differ, as they stand between brackets in a regular
 * expression with the flag `u`. JavaScript engines go by the version of the ICU that they hold, the
 * reference by those of its libraries: letters and numbers are Unicode 17's (`regex`), the case of
 * letters is Unicode 14's (Python 3.11). With these lists every engine agrees with it.
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

/** Capitals that came after Unicode 14. */
export const NEW_CAPITALS =
  String.raw`\u{1c89}\u{a7cb}\u{a7cc}\u{a7ce}\u{a7d2}\u{a7d4}\u{a7da}\u{a7dc}` +
  String.raw`\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}`;
