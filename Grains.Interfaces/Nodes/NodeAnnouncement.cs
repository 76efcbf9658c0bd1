namespace OrleansTasks.Nodes;

/// <summary>A node for dispatchers and people; sent on registration, change and heartbeat.</summary>
[GenerateSerializer, Immutable, Alias("ot.NodeAnnouncement")]
public sealed record NodeAnnouncement(
    [property: Id(0)] FleetNode Node,
    [property: Id(1)] NodeView View);
