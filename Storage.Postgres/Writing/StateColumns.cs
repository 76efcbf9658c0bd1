using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// The task columns that change during a task's life. They are the first 17 parameters of a statement, in one order
/// everywhere: in Names, Values, Parameters and <see cref="BindTo"/>.
/// </summary>
internal sealed class StateColumns
{
    internal const string Names = """
        key, state, ord, attempt, failures, node_losses, reason, exit_code, queued_at, started_at, ended_at, due_at,
            cancel_requested_at, token, node, signal, node_session
        """;

    internal const string Values = """
        r.key, r.state, r.ord, r.attempt, r.failures, r.node_losses, r.reason, r.exit_code, r.queued_at, r.started_at,
            r.ended_at, r.due_at, r.cancel_requested_at, r.token, r.node, r.signal, r.node_session
        """;

    internal const string Parameters = """
        $1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::bigint[], $6::integer[], $7::integer[], $8::integer[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::uuid[], $15::text[], $16::text[],
            $17::bigint[]
        """;

    internal const string Assignments = """
        state = r.state, ord = r.ord, attempt = r.attempt, failures = r.failures, node_losses = r.node_losses,
            reason = r.reason, exit_code = r.exit_code, queued_at = r.queued_at, started_at = r.started_at,
            ended_at = r.ended_at, due_at = r.due_at, cancel_requested_at = r.cancel_requested_at, token = r.token,
            node = r.node, signal = r.signal, node_session = r.node_session
        """;

    private readonly List<long> keys = [], orders = [], failures = [], queuedAt = [], startedAt = [], endedAt = [], dueAt = [];
    private readonly List<long> cancelRequestedAt = [], sessions = [];
    private readonly List<int> states = [], attempts = [], nodeLosses = [], reasons = [];
    private readonly List<int?> exitCodes = [];
    private readonly List<Guid?> tokens = [];
    private readonly List<string?> nodes = [], signals = [];

    internal int Count => keys.Count;

    internal void Add(long key, in TaskRow row)
    {
        keys.Add(key);
        states.Add((int)row.State);
        orders.Add(row.Order);
        attempts.Add(row.Attempt);
        failures.Add(row.Failures);
        nodeLosses.Add(row.NodeLosses);
        reasons.Add((int)row.Reason);
        exitCodes.Add(row.ExitCode);
        queuedAt.Add(row.QueuedAt);
        startedAt.Add(row.StartedAt);
        endedAt.Add(row.EndedAt);
        dueAt.Add(row.DueAt);
        cancelRequestedAt.Add(row.CancelRequestedAt);
        tokens.Add(Query.Uuid(row.Token));
        nodes.Add(row.Node);
        signals.Add(row.Signal);
        sessions.Add(row.NodeSession);
    }

    internal Query BindTo(Query query) => query
        .Bind(keys).Bind(states).Bind(orders).Bind(attempts).Bind(failures).Bind(nodeLosses).Bind(reasons).Bind(exitCodes)
        .Bind(queuedAt).Bind(startedAt).Bind(endedAt).Bind(dueAt).Bind(cancelRequestedAt).Bind(tokens).Bind(nodes).Bind(signals)
        .Bind(sessions);
}
