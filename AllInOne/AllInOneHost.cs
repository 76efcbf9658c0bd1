using OrleansTasks.Client.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Listening;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.AllInOne;

/// <summary>Builds a gateway, a silo and its worker in one host.</summary>
public static class AllInOneHost
{
    /// <summary>The name of the file in the data folder with the gateway's series.</summary>
    private const string FiguresName = "figures";

    /// <summary>
    /// Builds the service without starting it. A test passes its own web server. Without an <paramref name="endpoint"/>,
    /// remote workers cannot connect.
    /// </summary>
    public static WebApplication Build(
        GatewayOptions gateway, SiloHostOptions silo, AccessOptions access, Action<WebApplicationBuilder> useServer, string workerFolder,
        NodeEndpointOptions? endpoint = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        var builder = GatewayHost.NewBuilder(gateway, useServer, "orleanstasks");
        SiloHost.AddSilo(
            builder.Services, silo with { AllowsAllWebhookTargets = AllowsAllWebhookTargets(gateway, silo) }, workerFolder, endpoint);
        GatewayHost.AddGateway(builder.Services, gateway, access, Path.Combine(silo.Data, FiguresName));
        return GatewayHost.Map(builder.Build());
    }

    /// <summary>
    /// Returns whether all callers that can create webhooks are on this machine, and can reach every target anyway. A public
    /// URL and a trusted proxy mean that others connect through a proxy.
    /// </summary>
    internal static bool AllowsAllWebhookTargets(GatewayOptions gateway, SiloHostOptions silo) =>
        ListenAddress.IsLoopback(silo.Grpc) && ListenAddress.IsLoopback(gateway.Http)
        && gateway.PublicUrl is not { IsLoopback: false } && gateway.TrustedProxies.IsEmpty;
}
