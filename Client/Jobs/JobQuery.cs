using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;

namespace OrleansTasks.Client.Jobs;

/// <summary>The filters of the job list.</summary>
internal static class JobQuery
{
    private static readonly string[] Shared = ["queue", "label", "name", "createdAfter", "createdBefore"];

    /// <summary>The query parameters: the state, and those task filters that apply to jobs.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("state", "Only jobs in this state.", "running"),
        .. FilterQuery.Parameters.Where(static parameter => Shared.Contains(parameter.Name)),
    ];

    /// <summary>Reads the filters. Throws 400 <c>bad-parameter</c>.</summary>
    public static JobFilter Read(in QueryValues query)
    {
        if (query.Count == 0)
            return JobFilter.All;
        JobState? state = null;
        if (query.Text("state") is { } text)
        {
            if (!JobStates.TryParse(text, out var known))
                throw QueryValues.Refuse($"'state' must be one of {JobStates.AllNames}.");
            state = known;
        }

        var shared = FilterQuery.ReadShared(query);
        return new JobFilter(state, shared.Queue, shared.Name, shared.Labels, shared.CreatedAfter, shared.CreatedBefore);
    }
}
