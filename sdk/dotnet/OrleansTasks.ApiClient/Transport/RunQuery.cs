using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>The address of a list of jobs or workflows.</summary>
internal static class RunQuery
{
    private static readonly CamelWordConverter<TaskState> States = new();

    /// <summary>Returns the address with its filters.</summary>
    internal static Query Of(string path, RunFilter? filter) => filter is null
        ? new Query(path)
        : new Query(path)
            .Add("state", filter.State is { } state ? States.WordOf(state) : null)
            .Add("queue", filter.Queue)
            .Add("name", filter.Name)
            .AddLabels(filter.Labels)
            .Add("createdAfter", filter.CreatedAfter)
            .Add("createdBefore", filter.CreatedBefore);
}
