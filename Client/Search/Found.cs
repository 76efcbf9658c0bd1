namespace OrleansTasks.Client.Search;

/// <summary>Something that was found.</summary>
/// <param name="Type">What it is: task, job, workflow, queue, node or schedule.</param>
/// <param name="Id">Its id or name.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Detail">A few words about it.</param>
internal sealed record Found(string Type, string Id, string Title, string Detail);
