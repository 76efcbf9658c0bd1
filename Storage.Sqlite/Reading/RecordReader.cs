using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads tasks in the form that gateways return.</summary>
internal static class RecordReader
{
    // Results of a task's command are read only if the task succeeded (state 4).
    private const string Columns = """
        SELECT t.id, t.name, q.name, t.priority, t.state, t.attempt, t.node, t.queued_at, t.started_at, t.ended_at,
            t.exit_code, t.signal, t.reason, t.cancel_requested_at,
            r.stdout_bytes, r.stderr_bytes, r.truncated, r.tail, r.stdout, r.stderr, s.labels, s.spec, s.batch,
            t.node_losses, f.fingerprint, r.max_rss, t.version, t.extra, length(v.value), t.had_secrets,
            r.artifacts, r.artifact_bytes, r.artifacts_left,
            p.hundredths, p.message, p.at
        FROM tasks t
            JOIN queues q ON q.no = t.queue
            JOIN specs s ON s.task = t.key
            LEFT JOIN results r ON r.task = t.key AND r.attempt = t.attempt
            LEFT JOIN failures f ON f.task = t.key
            LEFT JOIN task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4
            LEFT JOIN task_progress p ON p.task = t.key AND p.token = t.token
        """;

    private const string ById = Columns + " WHERE t.id = ?1";
    private const string ByKey = Columns + " WHERE t.key = ?1";

    private const string Result = """
        SELECT v.value FROM tasks t JOIN task_results v ON v.task = t.key AND v.attempt = t.attempt
        WHERE t.id = ?1 AND t.state = 4
        """;

    internal static TaskRecord? Read(ReadSession session, TaskId id)
    {
        var statement = session.Get(ById);
        statement.Bind(1, id);
        return ReadOne(session, statement);
    }

    internal static TaskRecord? Read(ReadSession session, long key)
    {
        var statement = session.Get(ByKey);
        statement.Bind(1, key);
        return ReadOne(session, statement);
    }

    /// <summary>Returns the result of a succeeded task; empty if there is none.</summary>
    internal static ReadOnlyMemory<byte> ReadResult(ReadSession session, TaskId id)
    {
        var row = session.Get(Result);
        row.Bind(1, id);
        ReadOnlyMemory<byte> value = default;
        while (row.Step())
            value = row.Copy(0);
        return value;
    }

    /// <summary>
    /// Returns the tail in a result's row. If no tail is stored, it equals the whole output: stdout, then stderr.
    /// </summary>
    internal static ReadOnlyMemory<byte> Tail(Statement row, int tail, int stdout, int stderr)
    {
        if (!row.IsNull(tail))
            return row.Copy(tail);
        byte[] whole = [.. row.Bytes(stdout), .. row.Bytes(stderr)];
        return whole.Length == 0 ? default : whole;
    }

    private static TaskRecord? ReadOne(ReadSession session, Statement row)
    {
        if (!row.Step())
            return null;
        var record = new TaskRecord(
            row.Id(0),
            row.Text(1)!,
            session.Names.Get(row.Bytes(2)),
            (byte)row.Int32(3),
            (TaskState)row.Int32(4),
            row.Int32(5),
            row.IsNull(6) ? null : session.Names.Get(row.Bytes(6)),
            row.Time(7),
            row.Time(8),
            row.Time(9),
            row.NullableInt32(10),
            row.Text(11),
            (EndReason)row.Int32(12),
            row.Time(13),
            row.Int64(14),
            row.Int64(15),
            row.Int32(16) != 0,
            Tail(row, 17, 18, 19),
            LabelText.ReadOrTell(row.Bytes(20)),
            row.Copy(21),
            row.NullableId(22))
        {
            NodeLosses = row.Int32(23),
            Fingerprint = row.IsNull(24) ? null : row.Int64(24),
            MaxRssBytes = row.Int64(25),
            Version = row.Int64(26),
            WorkflowNode = ExtraText.NodeOf(row.Bytes(27)),
            WorkflowItem = ExtraText.ItemOf(row.Bytes(27)),
            ResultBytes = row.NullableInt32(28),
            SubmittedBy = ExtraText.SubmitterOf(row.Bytes(27)),
            HadSecrets = row.Int32(29) != 0,
            Artifacts = row.NullableInt32(30) is { } count
                ? new ArtifactTotals(count, row.Int64(31)) { IsExpired = row.Int32(32) > 0 } : null,
            Progress = row.NullableInt32(33) is { } hundredths
                ? new TaskProgress(hundredths, row.Text(34) ?? "", row.Int64(35))
                : null,
        };
        row.Reset();
        return record;
    }
}
