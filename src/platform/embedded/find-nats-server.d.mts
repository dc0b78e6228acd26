export const OWN_FOLDER: string;
export function findNatsServer(projectRoot: string): string | undefined;
