using System.Net;
using OrleansTasks.Storage.Postgres;

namespace OrleansTasks.Silo.Status;

/// <summary>Which silos a gateway of its own belongs to.</summary>
/// <param name="Silos">Where silos are; not used with a database.</param>
/// <param name="Cluster">The name of their cluster; null: a silo that stands alone.</param>
/// <param name="Database">
/// The database in which the members of the cluster are listed, as a connection string; null: there is none.
/// </param>
public sealed record ClusterTarget(IReadOnlyList<DnsEndPoint> Silos, string? Cluster, string? Database)
{
    /// <summary>Where the silos are, for people, without secrets.</summary>
    public string Text => Database is null
        ? string.Join(", ", Silos.Select(static silo => $"{silo.Host}:{silo.Port}"))
        : $"the members in {new PostgresStorageOptions { ConnectionString = Database }.Place}";
}
