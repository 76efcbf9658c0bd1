using System.Globalization;
using System.Text;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>
/// Translates a task filter into SQL over <c>ot.tasks t</c>. Values are bound, so the text depends only on the filter's
/// shape and stays prepared. The server chooses the index.
/// </summary>
internal sealed class TaskQuery
{
    /// <summary>
    /// The condition on <c>ot.tasks t</c> that a task is quarantined: failed (5) because of lost nodes (reason 6).
    /// </summary>
    internal const string Quarantined = "(t.state = 5 AND t.reason = 6 AND t.node_losses > 0)";
    private readonly List<Action<Query>> binds = [];
    private readonly StringBuilder where = new();

    internal TaskQuery(TaskFilter filter)
    {
        // Adds the state that the quarantine condition implies, so that the index by state can be used.
        var stated = filter is { Quarantined: true, State: null } ? TaskState.Failed : filter.State;
        if (stated is { } state)
            And($"t.state = {(int)state}");
        // Repeats the condition of the partial index, without which the server would not use it.
        if (stated is TaskState.Failed or TaskState.Cancelled)
            And("t.state > 4");
        else if (stated is TaskState.Scheduled or TaskState.Queued)
            And("t.state < 2");
        if (filter.Queue is { } queue)
            And("t.queue = (SELECT no FROM ot.queues WHERE name = $)", query => query.Bind(queue));
        if (filter.Node is { } node)
            And("t.node = $", query => query.Bind(node));
        if (filter.Name is { } name)
            And("t.name = $", query => query.Bind(name));
        if (filter.Batch is { } batch)
            And("t.key IN (SELECT b.task FROM ot.specs b WHERE b.batch = $)", query => query.Bind(batch));
        if (filter.CreatedAfter is { } after)
            And("t.id >= $", query => query.Bind(IdRange.FirstOf(after + 1)));
        if (filter.CreatedBefore is { } before)
            And("t.id < $", query => query.Bind(IdRange.FirstOf(before)));
        if (filter.Reason is { } reason)
            And("t.reason = $", query => query.Bind((int)reason));
        if (filter.ExitCode is { } exitCode)
            And("t.exit_code = $", query => query.Bind(exitCode));
        if (filter.Quarantined is { } quarantined)
            And(quarantined ? Quarantined : $"NOT {Quarantined}");
        if (filter.Fingerprint is { } fingerprint)
            And("t.key IN (SELECT g.task FROM ot.failures g WHERE g.fingerprint = $)", query => query.Bind(fingerprint));
        AddTimes(filter);
        foreach (var label in filter.Labels)
        {
            And("EXISTS (SELECT 1 FROM ot.labels m WHERE m.id = t.id AND m.name = $", query => query.Bind(label.Key));
            And("m.value = $)", query => query.Bind(label.Value));
        }
    }

    /// <summary>
    /// Returns the columns that the text filter needs, to append to a statement's columns; empty without a text filter.
    /// </summary>
    internal static string TextColumns(TaskFilter filter) =>
        filter.Text is null ? "" : ", t.name, (SELECT x.spec FROM ot.specs x WHERE x.task = t.key)";

    /// <summary>
    /// Returns whether a row's name or command contains the filter's text, which SQL does not check.
    /// <paramref name="columns"/> is the number of columns before <see cref="TextColumns"/>.
    /// </summary>
    internal static bool Passes(TaskFilter filter, Row row, int columns) =>
        filter.Text is not { } text || SpecDigest.Contains(row.Text(columns)!, row.Bytes(columns + 1), text);

    // States: 2 assigned, 3 running, above 3 final.
    private void AddTimes(TaskFilter filter)
    {
        if (filter.EndedAfter is { } endedAfter)
            And("t.state > 3 AND t.ended_at > $", query => query.Bind(endedAfter));
        if (filter.EndedBefore is { } endedBefore)
            And("t.state > 3 AND t.ended_at < $", query => query.Bind(endedBefore));
        if (filter.LongerThan is not { } least)
            return;
        And("t.state > 2 AND t.started_at > 0");
        // The first condition concerns only ended tasks, the second only running ones.
        And("(t.state = 3 OR greatest(0, t.ended_at - t.started_at) > $)", query => query.Bind(least));
        And("(t.state > 3 OR t.started_at < $)", query => query.Bind(filter.Now - least));
    }

    /// <summary>Adds a condition. Each <c>$</c> in it becomes the parameter of its one value.</summary>
    internal void And(string condition, Action<Query>? bind = null)
    {
        where.Append(where.Length == 0 ? "WHERE " : " AND ");
        if (bind is null)
        {
            where.Append(condition);
            return;
        }

        binds.Add(bind);
        where.Append(condition.Replace("$", string.Create(CultureInfo.InvariantCulture, $"${binds.Count}"), StringComparison.Ordinal));
    }

    internal Query Build(string select, string order, Func<string, string>? around = null)
    {
        var inner = $"{select} {where} {order}";
        var query = new Query(around?.Invoke(inner) ?? inner);
        foreach (var bind in binds)
            bind(query);
        return query;
    }
}
