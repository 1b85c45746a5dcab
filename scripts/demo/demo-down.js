import { rmSync } from 'node:fs';
import { ApiProblem } from './api.js';
import { apiAt, ensureServer, paths, readNote, stopServer } from './server.js';
async function main() {
    const noted = readNote();
    if (noted === null) {
        console.log('There is no demo to remove.');
        return;
    }
    // Its server may have died, with the nodes still there: only a server can remove them.
    const { api, note } = noted.server
        ? await ensureServer()
        : { api: apiAt(noted.base), note: noted };
    await destroy(api, note);
    if (note.server) {
        await stopServer(note);
        rmSync(paths.data, { recursive: true, force: true });
        console.log(`The server is stopped and ${paths.data} removed.`);
    }
    else {
        rmSync(paths.note, { force: true });
        rmSync(paths.passwords, { force: true });
        console.log(`The server at ${note.base} was there before the demo and goes on.`);
    }
}
async function destroy(api, { cluster }) {
    try {
        const { id } = await api.startStep('destroy-terraform', { cluster, confirm: cluster });
        for await (const _event of api.events(id)) {
            // The stream ends with the operation.
        }
        const operation = await api.get(`/api/v1/operations/${id}`);
        if (operation.state === 'succeeded') {
            console.log(`Cluster ${cluster} is destroyed.`);
            return;
        }
        throw new Error(`Cluster ${cluster} was not destroyed: ${operation.error?.message ?? operation.state} (operation ${id}; log: ${paths.log})`);
    }
    catch (error) {
        const gone = ['CLUSTER_NOT_FOUND', 'STEP_MISSING'];
        if (!(error instanceof ApiProblem) || !gone.includes(error.code))
            throw error;
        console.log(`Cluster ${cluster} has no machines.`);
    }
}
main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
