using System.Net;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage.Postgres;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Prints the message that the service is ready.</summary>
internal static class Announcement
{
    /// <summary>Writes the addresses of the service, and how to use it.</summary>
    public static void Write(TextWriter output, ServiceOptions options, IPEndPoint listens, IPEndPoint workers)
    {
        var url = Url(options, listens);
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} is ready.
              http   {{url}}
              grpc   {{workers}}{{(options.IsOpen(workers) ? "" : " (TLS; workers join with a token: otask node token)")}}
              data   {{Store(options)}}
              worker {{Worker(options.Slots)}}
            {{Try(options, listens, url)}}
            """);
        output.Flush();
    }

    /// <summary>Writes the address at which gateways connect to the silo.</summary>
    public static void WriteSilo(TextWriter output, ServiceOptions options, IPEndPoint workers, string? cluster)
    {
        var probes = options.Health is null ? "" : $"\n  health http://{Reachable(options.Health)}";
        var isSecured = options.IsSecured(options.Listen!);
        var tls = isSecured ? " (TLS; a gateway without --db needs a file: otask cluster certificate)" : "";
        var name = cluster is null ? "" : $" --cluster {cluster}";
        var file = isSecured ? $"{(options.ClusterTls is null ? "" : " --cluster-tls on")} --cluster-cert FILE" : "";
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} silo is ready.
              silo   {{options.Listen}}{{tls}}
              grpc   {{workers}}{{(options.IsOpen(workers) ? "" : " (TLS; workers join with a token: otask node token)")}}
              data   {{Store(options)}}
              worker {{Worker(options.Slots)}}{{probes}}{{(cluster is null ? "" : $"\n  member of cluster {cluster}")}}
            Start a gateway for it: make gateway ARGS="--silo {{Reachable(options.Listen!)}}{{name}}{{file}}"
            """);
        if (!isSecured && !ListenAddress.IsLoopback(options.Listen!))
            output.WriteLine("Anyone who can reach this address can do everything without a key. Let only gateways reach it.");
        output.Flush();
    }

    /// <summary>Writes the gateway's address, and whether a silo answers.</summary>
    public static void WriteGateway(TextWriter output, ServiceOptions options, IPEndPoint listens, IClusterLink link)
    {
        var url = Url(options, listens);
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} gateway is ready.
              http   {{url}}
              silo   {{link.Silos}}{{(link.IsUp ? "" : " (not reachable yet; callers get 503 until it is)")}}
            {{Try(options, listens, url)}}
            """);
        output.Flush();
    }

    private static string Try(ServiceOptions options, IPEndPoint listens, string url) =>
        $$"""Try: curl -X POST {{(options.IsOpen(listens) ? "" : "-H 'Authorization: Bearer KEY' ")}}-H 'Content-Type: application/json' """
        + $$"""-d '{"cmd":"touch /tmp/hello-distributed-system"}' {{url}}/tasks""";

    /// <summary>Returns where the data is, without the password.</summary>
    private static string Store(ServiceOptions options) => options.Database is null
        ? options.Data
        : $"{new PostgresStorageOptions { ConnectionString = options.Database }.Place}; data of this machine: {options.Data}";

    private static string Worker(int slots) => slots == 0 ? "none in this process" : $"in this process, {slots} slots";

    private static string Url(ServiceOptions options, IPEndPoint listens)
    {
        if (options.PublicUrl is not null)
            return options.PublicUrl.GetLeftPart(UriPartial.Authority);
        var scheme = options.TlsCert is null ? "http" : "https";
        return $"{scheme}://{Reachable(listens)}";
    }

    /// <summary>
    /// Returns the address for others to connect to: the host name and port if the service listens on every address.
    /// </summary>
    private static string Reachable(IPEndPoint listens) =>
        listens.Address.Equals(IPAddress.Any) || listens.Address.Equals(IPAddress.IPv6Any)
            ? $"{Environment.MachineName}:{listens.Port}"
            : listens.ToString();
}
