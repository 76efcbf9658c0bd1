namespace OrleansTasks.Client.Gateway;

/// <summary>What grains know one start of a gateway by: after a restart it has another name.</summary>
/// <param name="Text">The name, different from that of every other start of every gateway.</param>
public sealed record GatewayName(string Text)
{
    /// <summary>A name that nobody else has.</summary>
    public static GatewayName New() => new($"gateway-{Guid.NewGuid():N}");
}
