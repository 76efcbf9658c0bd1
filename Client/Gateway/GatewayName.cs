namespace OrleansTasks.Client.Gateway;

/// <summary>
/// The name by which grains know this run of a gateway. After a restart, the gateway has another name.
/// </summary>
/// <param name="Text">The name, unique among all runs of all gateways.</param>
public sealed record GatewayName(string Text)
{
    /// <summary>Returns a new unique name.</summary>
    public static GatewayName New() => new($"gateway-{Guid.NewGuid():N}");
}
