using System.Net;
using OrleansTasks.Lifetime;
using OrleansTasks.Listening;
using OrleansTasks.Storage.Postgres;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Prints that a silo is ready.</summary>
internal static class SiloAnnouncement
{
    /// <summary>Writes the address at which gateways connect to the silo.</summary>
    public static void Write(TextWriter output, SiloHostOptions options, IPEndPoint workers, string? cluster)
    {
        var probes = options.Health is null ? "" : $"\n  health http://{ListenAddress.Reachable(options.Health)}";
        var isSecured = options.IsSecured(options.Listen!);
        var tls = isSecured ? " (TLS; a gateway without --db needs a file: otask cluster certificate)" : "";
        var name = cluster is null ? "" : $" --cluster {cluster}";
        var file = isSecured ? $"{(options.ClusterTls is null ? "" : " --cluster-tls on")} --cluster-cert FILE" : "";
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} silo is ready.
              silo   {{options.Listen}}{{tls}}
              grpc   {{Workers(options, workers)}}
              data   {{Store(options)}}
              worker {{Worker(options)}}{{probes}}{{(cluster is null ? "" : $"\n  member of cluster {cluster}")}}
            Start a gateway for it: make gateway ARGS="--silo {{ListenAddress.Reachable(options.Listen!)}}{{name}}{{file}}"
            """);
        if (!isSecured && !ListenAddress.IsLoopback(options.Listen!))
            output.WriteLine("Anyone who can reach this address can do everything without a key. Let only gateways reach it.");
        output.Flush();
    }

    /// <summary>Returns where remote workers connect, and what they need.</summary>
    public static string Workers(SiloHostOptions options, IPEndPoint workers) =>
        $"{workers}{(options.IsOpen(workers) ? "" : " (TLS; workers join with a token: otask node token)")}";

    /// <summary>Returns where the data is, without the password.</summary>
    public static string Store(SiloHostOptions options)
    {
        var store = options.Database is null ? options.Data
            : $"{new PostgresStorageOptions { ConnectionString = options.Database }.Place}; data of this machine: "
                + $"{options.Data}";
        return options.Files is { } files ? $"{store}; files: {files}" : store;
    }

    /// <summary>Returns what this process's worker offers.</summary>
    public static string Worker(SiloHostOptions options) =>
        options.Slots == 0 ? "none in this process" : $"in this process, {options.Slots} slots";
}
