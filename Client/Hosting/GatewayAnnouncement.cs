using System.Net;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Lifetime;
using OrleansTasks.Listening;

namespace OrleansTasks.Client.Hosting;

/// <summary>Prints that a gateway is ready.</summary>
internal static class GatewayAnnouncement
{
    /// <summary>Writes the gateway's address, and whether a silo answers.</summary>
    public static void Write(TextWriter output, GatewayOptions options, IPEndPoint listens, IClusterLink link)
    {
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} gateway is ready.
              http   {{Url(options, listens)}}
              silo   {{link.Silos}}{{(link.IsUp ? "" : " (not reachable yet; callers get 503 until it is)")}}
            {{Try(options, listens)}}
            """);
        output.Flush();
    }

    /// <summary>Returns a first command to try.</summary>
    public static string Try(GatewayOptions options, IPEndPoint listens) =>
        $$"""Try: curl -X POST {{(options.IsOpen(listens) ? "" : "-H 'Authorization: Bearer KEY' ")}}-H 'Content-Type: application/json' """
        + $$"""-d '{"cmd":"touch /tmp/hello-distributed-system"}' {{Url(options, listens)}}/tasks""";

    /// <summary>Returns the address at which callers reach the gateway.</summary>
    public static string Url(GatewayOptions options, IPEndPoint listens) => options.PublicUrl is not null
        ? options.PublicUrl.GetLeftPart(UriPartial.Authority)
        : $"{(options.TlsCert is null ? "http" : "https")}://{ListenAddress.Reachable(listens)}";
}
