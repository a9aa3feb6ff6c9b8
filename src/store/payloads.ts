// Payloads of the events that the stores make themselves.

/** How a session is announced. An id has nothing that JSON would escape. @param deadlineMs since 1970, ms */
export function initPayload(id: string, deadlineMs: number): string {
  return `{"streamUrl":"/sessions/${id}/stream","cancelUrl":"/sessions/${id}/cancel","expiresAt":${deadlineMs},"execution":"at-most-once"}`;
}

export function startedPayload(runtimeId: string, attempt: number): string {
  return `{"runtimeId":${JSON.stringify(runtimeId)},"attempt":${attempt}}`;
}
