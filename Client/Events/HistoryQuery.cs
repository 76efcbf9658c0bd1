using OrleansTasks.Client.Http;
using OrleansTasks.Events;

namespace OrleansTasks.Client.Events;

/// <summary>A query for stored events.</summary>
/// <param name="Type">Only events of this type; null for all.</param>
/// <param name="Id">Only events about the thing with this id; null for all.</param>
/// <param name="From">Only events at or after this time, in Unix milliseconds.</param>
/// <param name="To">Only events before this time, in Unix milliseconds.</param>
/// <param name="Limit">The maximum number of events to return.</param>
internal sealed record HistoryQuery(string? Type, string? Id, long From, long To, int Limit)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    private static readonly string[] Types =
    [
        EventHistory.TaskType, EventHistory.JobType, EventHistory.NodeType,
        .. Enum.GetValues<ResourceKind>().Select(static kind => kind.Name()),
    ];

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("type", $"Only events of this type: {string.Join(", ", Types)}.", "task"),
        new("id", "Only events of the resource with this id.", "default"),
        new("from", "The start of the range: an RFC 3339 time, or minus and a duration before now.", "-6h"),
        new("to", "The end of the range, in the same form as from; by default now.", "-5m"),
        new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
    ];

    /// <summary>Reads the query. Throws 400 <c>bad-parameter</c>.</summary>
    public static HistoryQuery Read(in QueryValues query, DateTimeOffset now)
    {
        var type = query.Text("type");
        if (type is not null && !Types.Contains(type))
            throw QueryValues.Refuse($"'type' must be one of {string.Join(", ", Types)}.");
        var from = query.Moment("from", now, Longest)?.ToUnixTimeMilliseconds() ?? 0;
        var to = query.Moment("to", now, Longest)?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        return from < to
            ? new HistoryQuery(type, query.Text("id"), from, to, query.Integer("limit", 1, 1000, defaultValue: 100))
            : throw QueryValues.Refuse("'from' must be before 'to'.");
    }

    /// <summary>Returns whether the query selects events of a type.</summary>
    public bool Wants(string type) => Type is null || Type == type;

    /// <summary>Returns whether the query selects an event.</summary>
    public bool Matches(string type, string id, long at) =>
        Wants(type) && (Id is null || Id == id) && at >= From && at < To;
}
