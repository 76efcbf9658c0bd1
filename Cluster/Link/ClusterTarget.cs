using System.Net;
using OrleansTasks.Storage.Postgres;

namespace OrleansTasks.Cluster.Link;

/// <summary>The silos to which a standalone gateway connects.</summary>
/// <param name="Silos">The addresses of silos; not used with a database.</param>
/// <param name="Cluster">The name of their cluster; null for a lone silo.</param>
/// <param name="Database">
/// The connection string of the database that lists the cluster's members; null if there is none.
/// </param>
public sealed record ClusterTarget(IReadOnlyList<DnsEndPoint> Silos, string? Cluster, string? Database)
{
    /// <summary>Whether connections use TLS; null for those to silos beyond loopback.</summary>
    public bool? Tls { get; init; }

    /// <summary>The file with the gateway's cluster certificate; null if it has none, or issues its own.</summary>
    public string? Certificate { get; init; }

    /// <summary>Where the silos are, human-readable and without secrets.</summary>
    public string Text => Database is null
        ? string.Join(", ", Silos.Select(static silo => $"{silo.Host}:{silo.Port}"))
        : $"the members in {new PostgresStorageOptions { ConnectionString = Database }.Place}";
}
