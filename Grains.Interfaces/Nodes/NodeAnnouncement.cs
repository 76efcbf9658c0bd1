namespace OrleansTasks.Nodes;

/// <summary>What a node's grain tells the fleet: at registration, on every change, and with every heartbeat.</summary>
/// <param name="Node">What dispatchers need to know.</param>
/// <param name="View">What people see.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeAnnouncement")]
public sealed record NodeAnnouncement(
    [property: Id(0)] FleetNode Node,
    [property: Id(1)] NodeView View);
