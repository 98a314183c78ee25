/** What the nodes of the benches call themselves. */
export const endpointOf = (node: number): string => `b${String(node).padStart(3, "0")}`;
