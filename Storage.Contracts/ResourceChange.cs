using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>An event of a resource in a <see cref="QueueCommit"/>; its time is that of the commit.</summary>
/// <param name="Kind">The kind of resource.</param>
/// <param name="Id">The resource's id.</param>
/// <param name="State">What happened to the resource.</param>
public readonly record struct ResourceChange(ResourceKind Kind, string Id, ResourceState State);
