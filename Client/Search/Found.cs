namespace OrleansTasks.Client.Search;

/// <summary>One search result.</summary>
/// <param name="Type">Its type: task, job, workflow, rollout, queue, node or schedule.</param>
/// <param name="Id">Its id or name.</param>
/// <param name="Title">A human-readable name.</param>
/// <param name="Detail">A few words about it, such as its state and queue; may be empty.</param>
internal sealed record Found(string Type, string Id, string Title, string Detail);
