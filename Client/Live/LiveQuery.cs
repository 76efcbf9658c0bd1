using OrleansTasks.Client.Http;
using OrleansTasks.Processing.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>What the reader of a live stream asked for.</summary>
/// <param name="Topics">The topics to report on.</param>
/// <param name="Every">The minimum time between two ticks.</param>
/// <param name="Ids">Tasks whose changes are always reported.</param>
internal sealed record LiveQuery(LiveTopics Topics, TimeSpan Every, IReadOnlySet<TaskId> Ids)
{
    private const int MostIds = 200;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>The topics with their names in the HTTP contract, in the order of a tick's fields.</summary>
    public static readonly (LiveTopics Topic, string Name)[] Names =
    [
        (LiveTopics.Tasks, "tasks"), (LiveTopics.Queues, "queues"), (LiveTopics.Nodes, "nodes"), (LiveTopics.Jobs, "jobs"),
        (LiveTopics.Schedules, "schedules"), (LiveTopics.Attention, "attention"),
        (LiveTopics.Progress, "progress"),
    ];

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new(
            "topics",
            "The topics, comma-separated: tasks, queues, nodes, jobs, schedules, attention, progress; by default all.",
            "tasks,queues"),
        new("every", "The minimum time between two ticks: 250ms to 10s, by default 1s.", "1s"),
        new("ids", "Up to 200 comma-separated task ids, whose changes are always in the tick.", "019f5a2c-7d10-7c3a-8b00-0342ab12cd34"),
    ];

    /// <summary>Reads the query. Throws 400 <c>bad-parameter</c>.</summary>
    public static LiveQuery Read(in QueryValues query)
    {
        var every = query.Duration("every", Longest) ?? TimeSpan.FromSeconds(1);
        if (every < Shortest)
            throw QueryValues.Refuse($"'every' must be from {Durations.Format(Shortest)} to {Durations.Format(Longest)}.");
        return new LiveQuery(TopicsOf(query.Text("topics")), every, IdsOf(query.Text("ids")));
    }

    private static LiveTopics TopicsOf(string? text)
    {
        var topics = LiveTopics.None;
        foreach (var name in text?.Split(',') ?? [.. Names.Select(static topic => topic.Name)])
        {
            var (topic, known) = Array.Find(Names, topic => topic.Name == name);
            if (known is null)
                throw QueryValues.Refuse($"'topics' must be a comma-separated list of {string.Join(", ", Names.Select(static one => one.Name))}.");
            topics |= topic;
        }

        return topics;
    }

    private static HashSet<TaskId> IdsOf(string? text)
    {
        var ids = new HashSet<TaskId>();
        if (string.IsNullOrEmpty(text))
            return ids;
        var names = text.Split(',');
        foreach (var name in names)
        {
            if (names.Length > MostIds || !TaskId.TryParse(name, out var id))
                throw QueryValues.Refuse($"'ids' must be up to {MostIds} comma-separated task ids.");
            ids.Add(id);
        }

        return ids;
    }
}
