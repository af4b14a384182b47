/** What markdown-it needs of the package `uc.micro`, in place of it: the browser knows the classes of all characters. */
export const P = /\p{P}/u;
export const S = /\p{S}/u;
