using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>The columns of a task in the form that gateways return, and how a row of them becomes a record.</summary>
internal static class RecordColumns
{
    /// <summary>The columns, of the tables that <see cref="Joins"/> adds to <c>ot.tasks t</c>.</summary>
    internal const string All = """
        t.id, t.name, q.name, t.priority, t.state, t.attempt, t.node, t.queued_at, t.started_at, t.ended_at,
            t.exit_code, t.signal, t.reason, t.cancel_requested_at,
            r.stdout_bytes, r.stderr_bytes, r.truncated, r.tail, r.stdout, r.stderr, s.labels, s.spec, s.batch,
            t.node_losses, f.fingerprint, r.max_rss, t.version, t.extra, length(v.value), t.had_secrets,
            r.artifacts, r.artifact_bytes, r.artifacts_left,
            p.hundredths, p.message, p.at
        """;

    /// <summary>The tables. Results of a task's command are read only if the task succeeded (state 4).</summary>
    internal const string Joins = """
            JOIN ot.queues q ON q.no = t.queue
            JOIN ot.specs s ON s.task = t.key
            LEFT JOIN ot.results r ON r.task = t.key AND r.attempt = t.attempt
            LEFT JOIN ot.failures f ON f.task = t.key
            LEFT JOIN ot.task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4
            LEFT JOIN ot.task_progress p ON p.task = t.key AND p.token = t.token
        """;

    /// <summary>Reads a row of the columns.</summary>
    internal static TaskRecord Read(ISqlRow row)
    {
        var extra = row.Utf8(27);
        return new TaskRecord(
            row.Id(0),
            row.Text(1),
            row.Name(2),
            (byte)row.Int32(3),
            (TaskState)row.Int32(4),
            row.Int32(5),
            row.IsNull(6) ? null : row.Name(6),
            row.Time(7),
            row.Time(8),
            row.Time(9),
            row.NullableInt32(10),
            row.NullableText(11),
            (EndReason)row.Int32(12),
            row.Time(13),
            row.NullableInt64(14) ?? 0,
            row.NullableInt64(15) ?? 0,
            !row.IsNull(16) && row.Boolean(16),
            row.Tail(17, 18, 19),
            LabelText.ReadOrTell(row.Utf8(20)),
            row.Bytes(21),
            row.NullableId(22))
        {
            NodeLosses = row.Int32(23),
            Fingerprint = row.NullableInt64(24),
            MaxRssBytes = row.NullableInt64(25) ?? 0,
            Version = row.Int64(26),
            WorkflowNode = ExtraText.NodeOf(extra),
            WorkflowItem = ExtraText.ItemOf(extra),
            ResultBytes = row.NullableInt32(28),
            SubmittedBy = ExtraText.SubmitterOf(extra),
            HadSecrets = row.Boolean(29),
            Artifacts = row.NullableInt32(30) is { } count
                ? new ArtifactTotals(count, row.Int64(31)) { IsExpired = row.Int32(32) > 0 }
                : null,
            Progress = row.NullableInt32(33) is { } hundredths
                ? new TaskProgress(hundredths, row.NullableText(34) ?? "", row.Int64(35))
                : null,
        };
    }
}
