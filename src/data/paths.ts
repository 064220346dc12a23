/**
 * Parts of paths.
 *
 * @module
 */

/** A path's last part. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder that a path lies in. */
export function parentFolder(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/** A path without slashes at its end. */
export function trimmed(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}
