/** The longest answer that is read into memory when nothing else is said, in bytes: lists and errors stay far below. */
export const maxAnswerBytes = 4 * 1024 * 1024;

/** The most pages of a list: a registry must not keep us turning them for ever. */
export const maxPages = 1000;

/** The most tags of a repository that are listed. */
export const maxTags = 200_000;

/** The most manifests that refer to one: signatures, attestations, bills of materials. */
export const maxReferrers = 1000;
