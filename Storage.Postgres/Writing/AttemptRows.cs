using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Collects the results of a group of commits, and attempts other than their task's latest, column by column.
/// </summary>
internal sealed class AttemptRows
{
    private static readonly string InsertResults = $"""
        INSERT INTO ot.results (task, attempt, cpu_time, max_rss, stdout_bytes, stderr_bytes, truncated, place, tail, stdout, stderr,
            marks, artifacts, artifact_bytes)
        SELECT r.key, attempt, cpu_time, max_rss, stdout_bytes, stderr_bytes, truncated, place, tail, stdout, stderr, marks,
            artifacts, artifact_bytes
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[],
            $8::integer[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::integer[], $14::bigint[])
            r (key, attempt, cpu_time, max_rss, stdout_bytes, stderr_bytes, truncated, place, tail, stdout, stderr, marks,
            artifacts, artifact_bytes)
            {CommitBatch.Passed}
        ON CONFLICT (task, attempt) DO UPDATE SET cpu_time = excluded.cpu_time, max_rss = excluded.max_rss,
            stdout_bytes = excluded.stdout_bytes, stderr_bytes = excluded.stderr_bytes, truncated = excluded.truncated,
            place = excluded.place, tail = excluded.tail, stdout = excluded.stdout, stderr = excluded.stderr,
            marks = excluded.marks, artifacts = excluded.artifacts, artifact_bytes = excluded.artifact_bytes
        """;

    private static readonly string InsertAttempts = $"""
        INSERT INTO ot.attempts (task, attempt, token, node, state, reason, exit_code, signal, started_at, ended_at)
        SELECT r.key, attempt, token, node, state, reason, exit_code, signal, started_at, ended_at
        FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::text[], $5::integer[], $6::integer[], $7::integer[],
            $8::text[], $9::bigint[], $10::bigint[])
            r (key, attempt, token, node, state, reason, exit_code, signal, started_at, ended_at) {CommitBatch.Passed}
        ON CONFLICT (task, attempt) DO NOTHING
        """;

    private static readonly string InsertValues = $"""
        INSERT INTO ot.task_results (task, attempt, value) SELECT r.key, attempt, value
        FROM unnest($1::bigint[], $2::integer[], $3::bytea[]) r (key, attempt, value) {CommitBatch.Passed}
        ON CONFLICT (task) DO UPDATE SET attempt = excluded.attempt, value = excluded.value
        """;

    private readonly List<long> valueKeys = [];
    private readonly List<int> valueAttempts = [];
    private readonly List<byte[]?> values = [];
    private readonly List<long> resultKeys = [], cpuTimes = [], peaks = [], stdoutBytes = [], stderrBytes = [];
    private readonly List<int> resultAttempts = [], places = [];
    private readonly List<bool> truncated = [];
    private readonly List<byte[]?> tails = [], stdouts = [], stderrs = [], marks = [];
    private readonly List<int?> artifacts = [];
    private readonly List<long?> artifactBytes = [];
    private readonly List<long> leftKeys = [], startedAt = [], endedAt = [];
    private readonly List<int> leftAttempts = [], states = [], reasons = [];
    private readonly List<int?> exitCodes = [];
    private readonly List<Guid?> tokens = [];
    private readonly List<string?> nodes = [], signals = [];

    internal void Add(TaskWrite write)
    {
        var key = write.Row.No;
        if (write.Result is { } result && !ResultContent.IsNothing(result))
            AddResult(key, result);
        if (write.Result is { Value.IsEmpty: false } valued)
        {
            valueKeys.Add(key);
            valueAttempts.Add(valued.Lease.Attempt);
            values.Add(Query.Bytes(valued.Value));
        }

        if (write.Superseded is { } attempt)
            AddSuperseded(key, attempt);
    }

    internal void AddTo(List<Query> statements)
    {
        if (resultKeys.Count > 0)
            statements.Add(new Query(InsertResults).Bind(resultKeys).Bind(resultAttempts).Bind(cpuTimes).Bind(peaks)
                .Bind(stdoutBytes).Bind(stderrBytes).Bind(truncated).Bind(places).Bind(tails).Bind(stdouts).Bind(stderrs)
                .Bind(marks).Bind(artifacts).Bind(artifactBytes));
        if (valueKeys.Count > 0)
            statements.Add(new Query(InsertValues).Bind(valueKeys).Bind(valueAttempts).Bind(values));
        if (leftKeys.Count > 0)
            statements.Add(new Query(InsertAttempts).Bind(leftKeys).Bind(leftAttempts).Bind(tokens).Bind(nodes).Bind(states)
                .Bind(reasons).Bind(exitCodes).Bind(signals).Bind(startedAt).Bind(endedAt));
    }

    private void AddResult(long key, AttemptResult result)
    {
        var output = result.Output ?? AttemptOutput.Empty;
        resultKeys.Add(key);
        resultAttempts.Add(result.Lease.Attempt);
        cpuTimes.Add(result.CpuTime);
        peaks.Add(result.MaxRssBytes);
        stdoutBytes.Add(output.StdoutBytes);
        stderrBytes.Add(output.StderrBytes);
        truncated.Add(output.Truncated);
        places.Add((int)(output.Inline ? OutputPlace.Row : OutputPlace.Streams));
        tails.Add(TailIsOutput(output) ? null : Query.Bytes(output.Tail));
        stdouts.Add(output.Inline && !output.Stdout.IsEmpty ? Query.Bytes(output.Stdout) : null);
        stderrs.Add(output.Inline && !output.Stderr.IsEmpty ? Query.Bytes(output.Stderr) : null);
        marks.Add(output.Inline && !output.Marks.IsEmpty ? Query.Bytes(output.Marks) : null);
        artifacts.Add(result.Artifacts?.Count);
        artifactBytes.Add(result.Artifacts?.Bytes);
    }

    private void AddSuperseded(long key, EndedAttempt attempt)
    {
        leftKeys.Add(key);
        leftAttempts.Add(attempt.Attempt);
        tokens.Add(Query.Uuid(attempt.Token));
        nodes.Add(attempt.Node);
        states.Add((int)attempt.State);
        reasons.Add((int)attempt.Reason);
        exitCodes.Add(attempt.ExitCode);
        signals.Add(attempt.Signal);
        startedAt.Add(attempt.StartedAt);
        endedAt.Add(attempt.EndedAt);
    }

    /// <summary>Returns whether the tail merely repeats the kept output, and so need not be stored.</summary>
    private static bool TailIsOutput(AttemptOutput output)
    {
        var tail = output.Tail.Span;
        return output.Inline && tail.Length == output.Stdout.Length + output.Stderr.Length
            && tail.StartsWith(output.Stdout.Span) && tail.EndsWith(output.Stderr.Span);
    }
}
