namespace OrleansTasks.Nodes;

/// <summary>
/// A node's state for dispatchers and for views; sent on registration, on changes and with heartbeats.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeAnnouncement")]
public sealed record NodeAnnouncement(
    [property: Id(0)] FleetNode Node,
    [property: Id(1)] NodeView View);
