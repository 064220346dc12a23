/**
 * HTML's character references as Python's `html.unescape` decodes them.
 *
 * @module
 */
import { decodeHTML } from "npm:entities@8.1.0";

/** A character reference: numeric, or a name that may lack its semicolon. */
const REFERENCE = /&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|[^\t\n\f <&#;]{1,32};?)/g;

/** Control characters and noncharacters: Python drops a numeric reference to one of them. */
function isForbidden(code: number): boolean {
  return (code >= 0x1 && code <= 0x8) || code === 0xb || (code >= 0xe && code <= 0x1f) ||
    code === 0x7f || (code >= 0xfdd0 && code <= 0xfdef) ||
    ((code & 0xfffe) === 0xfffe && code <= 0x10ffff);
}

/**
 * Decodes every character reference of a text once.
 *
 * @example
 * ```ts
 * import { unescapeHtml } from "./html.ts";
 * import { equal } from "node:assert/strict";
 * equal(unescapeHtml("caf&eacute; &amp;lt; &#x1F600; &notanentity;"), "café &lt; 😀 ¬anentity;");
 * ```
 */
export function unescapeHtml(text: string): string {
  return text.replace(REFERENCE, (reference, decimal?: string, hex?: string) => {
    const code = decimal ? parseInt(decimal, 10) : hex ? parseInt(hex, 16) : 0;
    return isForbidden(code) ? "" : decodeHTML(reference);
  });
}
