/**
 * Bounds on what a struct may make of itself. A few hundred bytes of BTF can describe a tree of millions of fields, so growth is stopped here.
 */

/** Levels of nested structs, unions and arrays; the deepest type of the known gadgets has five. */
export const maxDepth = 16;

/** Members that one walk may visit, those of list elements and hidden ones included; the largest known gadget has about 150. */
export const maxFields = 4096;

/** Bytes of one record: no kernel buffer that we create holds a larger one. */
export const maxRecordBytes = 16 * 1024 * 1024;
