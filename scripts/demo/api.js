/** A problem document (RFC 9457) as an error, or a server that did not answer as one should. */
export class ApiProblem extends Error {
    code;
    status;
    title;
    operation;
    document;
    constructor(status, problem) {
        const title = String(problem.title ?? `The server answered ${status}.`);
        super(String(problem.detail ?? title));
        this.status = status;
        this.document = problem;
        this.title = title;
        this.code = String(problem.code ?? '');
        this.operation = typeof problem.operation === 'string' ? problem.operation : null;
    }
}
const ANSWER_TIMEOUT_MILLISECONDS = 30_000;
const RECONNECT_MILLISECONDS = 300;
const MAX_RECONNECTS = 20;
/** The API as any client uses it. */
export class Api {
    base;
    #token;
    constructor(base, token) {
        this.base = base;
        this.#token = token;
    }
    /** @throws ApiProblem | TypeError when nothing answers */
    async get(path) {
        return await this.#ask(path, {});
    }
    /** @throws ApiProblem | TypeError when nothing answers */
    async post(path, body, headers = {}) {
        return await this.#ask(path, {
            method: 'POST',
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json', ...headers },
        });
    }
    /** Enqueues a step and returns at once with its operation. */
    async startStep(step, body) {
        return await this.post(`/${step}`, body, { prefer: 'respond-async' });
    }
    /** Events of the operation until it ends; a cut stream is taken up where it broke. */
    async *events(operation) {
        let last = 0;
        for (let cuts = 0; cuts < MAX_RECONNECTS; cuts += 1) {
            try {
                const response = await fetch(`${this.base}/api/v1/operations/${operation}/events`, {
                    headers: this.#headers({ 'last-event-id': String(last) }),
                });
                if (response.status === 204)
                    return;
                if (!response.ok || !response.body)
                    throw await problemOf(response);
                for await (const event of framesOf(response.body)) {
                    last = event.sequence;
                    yield event;
                }
                const { state } = await this.get(`/api/v1/operations/${operation}`);
                if (['succeeded', 'failed', 'cancelled', 'interrupted'].includes(state))
                    return;
            }
            catch (error) {
                if (error instanceof ApiProblem)
                    throw error;
                await new Promise((resolve) => setTimeout(resolve, RECONNECT_MILLISECONDS));
            }
        }
        throw new Error(`The events of operation ${operation} broke off ${MAX_RECONNECTS} times.`);
    }
    async #ask(path, init) {
        const response = await fetch(`${this.base}${path}`, {
            ...init,
            headers: this.#headers(init.headers),
            signal: AbortSignal.timeout(ANSWER_TIMEOUT_MILLISECONDS),
        });
        if (!response.ok)
            throw await problemOf(response);
        return (await response.json());
    }
    #headers(more = {}) {
        return this.#token ? { authorization: `Bearer ${this.#token}`, ...more } : more;
    }
}
async function problemOf(response) {
    const text = await response.text();
    try {
        return new ApiProblem(response.status, JSON.parse(text));
    }
    catch {
        return new ApiProblem(response.status, { detail: text.slice(0, 200) });
    }
}
async function* framesOf(body) {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of body) {
        const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) {
            const data = frame.split('\n').find((line) => line.startsWith('data: '));
            if (data)
                yield JSON.parse(data.slice('data: '.length));
        }
    }
}
