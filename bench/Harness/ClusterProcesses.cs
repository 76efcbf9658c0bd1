using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Bench.Harness;

/// <summary>Two silos and a gateway on a PostgreSQL server of their own, each a process, as users run a cluster.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    private readonly PostgresServer database;
    private readonly ServiceProcess[] silos;

    private ClusterProcesses(PostgresServer database, ServiceProcess[] silos, ServiceProcess gateway) =>
        (this.database, this.silos, Gateway) = (database, silos, gateway);

    /// <summary>Answers HTTP.</summary>
    public ServiceProcess Gateway { get; }

    /// <summary>Where workers connect, at each silo.</summary>
    public IReadOnlyList<string> Workers => [.. silos.Select(static silo => silo.Workers)];

    /// <summary>Starts all of them, the database on the disk.</summary>
    public static async Task<ClusterProcesses> Start()
    {
        var database = PostgresServer.OnDisk();
        var connection = database.ConnectionString("postgres");
        return new ClusterProcesses(
            database,
            [await ServiceProcess.StartSilo(connection), await ServiceProcess.StartSilo(connection)],
            await ServiceProcess.StartGateway(connection));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var silo in silos)
            await silo.DisposeAsync();
        database.Dispose();
    }
}
