using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.System.Tests.Durability;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Kills while files move between a worker and two silos that share a PostgreSQL database, which is killed too.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansFileKillTests : FileKillTests
{
    private const string Database = "database";

    // The database keeps what it has flushed when it is killed.
    private readonly PostgresServer server = PostgresServer.OnDisk();
    private ClusterRig cluster = null!;
    private Service gateway = null!;

    /// <inheritdoc/>
    protected override string Place => "two silos that share a PostgreSQL database";

    /// <inheritdoc/>
    protected override string EvidenceVariable => "OTASK_CLUSTER_FILES_EVIDENCE";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Victims { get; } = ["silo 0", "silo 1", Database];

    private protected override Service Gateway => gateway;

    /// <inheritdoc/>
    protected override string[] Masters => [.. cluster.Workers];

    /// <inheritdoc/>
    protected override async Task Begin()
    {
        cluster = new ClusterRig(server, In, "--lease", "15s");
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        gateway = await cluster.StartGateway();
    }

    /// <inheritdoc/>
    protected override async Task Kill(string victim)
    {
        if (victim == Database)
        {
            server.Kill();
            server.Start();
            return;
        }

        var silo = victim == "silo 0" ? 0 : 1;
        await cluster.Silos[silo].KillAll();
        await cluster.StartSilo(silo);
    }

    /// <inheritdoc/>
    protected override async Task End()
    {
        foreach (var silo in cluster.Silos)
            await ClusterRig.End(silo);
    }

    /// <inheritdoc/>
    protected override async Task Discard()
    {
        await gateway.DisposeAsync();
        await cluster.DisposeAsync();
        server.Dispose();
    }

    /// <inheritdoc/>
    protected override void AddStores(IServiceCollection services) =>
        services.AddPostgresStorage(
            new PostgresStorageOptions { ConnectionString = server.ConnectionString("postgres") });

    /// <inheritdoc/>
    protected override async Task<bool> IsArriving()
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM ot.file_uploads)", connection);
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
