/** The level of the gadget format and eBPF-side API that images built here have: `io.inspektor-gadget.builder.version`. */
export const compatibleApiVersion = 'v0.55.0';
