using System.Text;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Translates a filter into SQL: a <see cref="TaskSource"/> that yields few rows, and conditions for the rest. Values
/// are bound, so the text depends only on the filter's shape and stays prepared.
/// </summary>
internal sealed class TaskQuery
{
    private readonly List<Action<Statement, int>> binds = [];
    private readonly StringBuilder where = new();
    private readonly TaskFilter filter;
    private readonly TaskSource source;

    internal TaskQuery(TaskFilter filter, TaskSource source)
    {
        this.filter = filter;
        this.source = source;
        AddSource();
        AddConditions();
    }

    /// <summary>
    /// Returns a bound statement, ready to step, that reads columns of matching tasks in the order of ids.
    /// </summary>
    internal Statement ByIds(ReadSession session, string columns, bool newestFirst, TaskId? beyond, int limit)
    {
        if (beyond is { } id)
            And($"{IdColumn} {(newestFirst ? '<' : '>')} ?", (row, at) => row.Bind(at, id));
        var order = newestFirst ? "DESC" : "ASC";
        // Whether the text filter matches is known only after a row is read (see Passes), so SQL cannot limit the rows.
        var bound = filter.Text is null ? $"LIMIT {Number(limit)}" : "";
        return Bind(session.Get($"SELECT {columns}{TextColumns} FROM {From} WHERE {where} ORDER BY {IdColumn} {order} {bound}"));
    }

    /// <summary>Returns a bound statement, ready to step, that reads columns of matching tasks in any order.</summary>
    internal Statement InAnyOrder(ReadSession session, string columns) =>
        Bind(session.Get($"SELECT {columns}{TextColumns} FROM {From} WHERE {where}"));

    /// <summary>Returns whether a row's name or command contains the filter's text, which SQL does not check.</summary>
    /// <param name="row">The row.</param>
    /// <param name="columns">The number of columns before the ones that this class adds for the text.</param>
    internal bool Passes(Statement row, int columns) =>
        filter.Text is not { } text || SpecDigest.Contains(row.Text(columns)!, row.Bytes(columns + 1), text);

    private string TextColumns =>
        filter.Text is null ? "" : ", t.name, (SELECT x.spec FROM specs x WHERE x.task = t.key)";

    /// <summary>
    /// The condition on <c>tasks t</c> that a task is quarantined: failed (5) because of lost nodes (reason 6).
    /// </summary>
    internal const string Quarantined = $"(t.state = 5 AND t.reason = 6 AND t.node_losses > 0)";

    private string IdColumn => source.Kind switch
    {
        TaskSourceKind.Label => "l.id",
        TaskSourceKind.Failures => "f.id",
        _ => "t.id",
    };

    private string From => source.Kind switch
    {
        TaskSourceKind.Label => "labels l CROSS JOIN tasks t ON t.key = l.task",
        TaskSourceKind.Batch => "specs s INDEXED BY specs_batch CROSS JOIN tasks t ON t.key = s.task",
        TaskSourceKind.Failures => "failures f INDEXED BY failures_fingerprint CROSS JOIN tasks t ON t.key = f.task",
        TaskSourceKind.Leased => "tasks t INDEXED BY tasks_leased",
        TaskSourceKind.Waiting => "tasks t INDEXED BY tasks_waiting",
        TaskSourceKind.Unlucky => "tasks t INDEXED BY tasks_unlucky",
        TaskSourceKind.Ids => "tasks t INDEXED BY tasks_id",
        _ => "tasks t NOT INDEXED",
    };

    // Each condition on the state repeats the WHERE of a partial index, without which SQLite would not use it.
    private void AddSource()
    {
        switch (source.Kind)
        {
            case TaskSourceKind.Label:
                var label = filter.Labels[source.Label];
                And("l.name = ?", (row, at) => row.Bind(at, label.Key));
                And("l.value = ?", (row, at) => row.Bind(at, label.Value));
                break;
            case TaskSourceKind.Leased:
                And("t.state IN (2, 3)");
                break;
            case TaskSourceKind.Waiting:
                And("t.state < 2");
                break;
            case TaskSourceKind.Unlucky:
                And("t.state > 4");
                break;
            default:
                And("1");
                break;
        }
    }

    private void AddConditions()
    {
        if (filter.State is { } state)
            And("t.state = ?", (row, at) => row.Bind(at, (long)state));
        if (filter.Queue is { } queue)
            And("t.queue = (SELECT no FROM queues WHERE name = ?)", (row, at) => row.Bind(at, queue));
        if (filter.Node is { } node)
            And("t.node = ?", (row, at) => row.Bind(at, node));
        if (filter.Name is { } name)
            And("t.name = ?", (row, at) => row.Bind(at, name));
        if (filter.Batch is { } batch)
            AddBatch(batch);
        if (filter.CreatedAfter is { } after)
            And($"{IdColumn} >= ?", (row, at) => row.Bind(at, IdRange.FirstOf(after + 1)));
        if (filter.CreatedBefore is { } before)
            And($"{IdColumn} < ?", (row, at) => row.Bind(at, IdRange.FirstOf(before)));
        if (filter.Reason is { } reason)
            And("t.reason = ?", (row, at) => row.Bind(at, (long)reason));
        if (filter.ExitCode is { } exitCode)
            And("t.exit_code = ?", (row, at) => row.Bind(at, (long)exitCode));
        if (filter.Quarantined is { } quarantined)
            And(quarantined ? Quarantined : $"NOT {Quarantined}");
        if (filter.Fingerprint is { } fingerprint)
            AddFingerprint(fingerprint);
        AddTimes();
        for (var i = 0; i < filter.Labels.Length; i++)
        {
            if (source.Kind == TaskSourceKind.Label && i == source.Label)
                continue;
            var label = filter.Labels[i];
            And("EXISTS (SELECT 1 FROM labels m WHERE m.name = ?", (row, at) => row.Bind(at, label.Key));
            And("m.value = ?", (row, at) => row.Bind(at, label.Value));
            And("m.id = t.id)");
        }
    }

    // States: 2 assigned, 3 running, above 3 final.
    private void AddTimes()
    {
        if (filter.EndedAfter is { } endedAfter)
            And("t.state > 3 AND t.ended_at > ?", (row, at) => row.Bind(at, endedAfter));
        if (filter.EndedBefore is { } endedBefore)
            And("t.state > 3 AND t.ended_at < ?", (row, at) => row.Bind(at, endedBefore));
        if (filter.LongerThan is not { } least)
            return;
        And("t.state > 2 AND t.started_at > 0");
        // The first condition concerns only ended tasks, the second only running ones.
        And("(t.state = 3 OR max(0, t.ended_at - t.started_at) > ?)", (row, at) => row.Bind(at, least));
        And("(t.state > 3 OR t.started_at < ?)", (row, at) => row.Bind(at, filter.Now - least));
    }

    private void AddBatch(TaskId batch)
    {
        var condition = source.Kind == TaskSourceKind.Batch
            ? "s.batch = ?"
            : "EXISTS (SELECT 1 FROM specs b WHERE b.task = t.key AND b.batch = ?)";
        And(condition, (row, at) => row.Bind(at, batch));
    }

    private void AddFingerprint(long fingerprint)
    {
        var condition = source.Kind == TaskSourceKind.Failures
            ? "f.fingerprint = ?"
            : "EXISTS (SELECT 1 FROM failures g WHERE g.task = t.key AND g.fingerprint = ?)";
        And(condition, (row, at) => row.Bind(at, fingerprint));
    }

    private void And(string condition, Action<Statement, int>? bind = null)
    {
        if (where.Length > 0)
            where.Append(" AND ");
        if (bind is null)
        {
            where.Append(condition);
            return;
        }

        binds.Add(bind);
        where.Append(condition.Replace("?", Number(null), StringComparison.Ordinal));
    }

    /// <summary>Returns the name of the last parameter, after adding one for the limit if it is given.</summary>
    private string Number(int? limit)
    {
        if (limit is { } value)
            binds.Add((row, at) => row.Bind(at, (long)value));
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"?{binds.Count}");
    }

    private Statement Bind(Statement statement)
    {
        for (var i = 0; i < binds.Count; i++)
            binds[i](statement, i + 1);
        return statement;
    }
}
