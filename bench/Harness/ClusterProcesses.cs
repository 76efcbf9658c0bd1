using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// Two silos and a gateway on a PostgreSQL server of their own, each a process, as users run a cluster.
/// </summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    private readonly PostgresServer database = PostgresServer.OnDisk();
    private readonly List<ServiceProcess> silos = [];
    private ServiceProcess? gateway;

    private ClusterProcesses()
    {
    }

    /// <summary>Answers HTTP.</summary>
    public ServiceProcess Gateway => gateway!;

    /// <summary>Where workers connect, at each silo.</summary>
    public IReadOnlyList<string> Workers => [.. silos.Select(static silo => silo.Workers)];

    /// <summary>Processor seconds of both silos so far.</summary>
    public double SiloSeconds => silos.Sum(static silo => ProcessCost.CpuSeconds(silo.ServiceId));

    /// <summary>Processor seconds of the database so far.</summary>
    public double DatabaseSeconds => ProcessCost.CpuSecondsWithChildren(database.ProcessId);

    /// <summary>Starts all of them, the database on the disk.</summary>
    public static async Task<ClusterProcesses> Start()
    {
        var cluster = new ClusterProcesses();
        try
        {
            var connection = cluster.database.ConnectionString("postgres");
            for (var silo = 0; silo < 2; silo++)
                cluster.silos.Add(await ServiceProcess.StartSilo(connection));
            cluster.gateway = await ServiceProcess.StartGateway(connection);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (gateway is not null)
            await gateway.DisposeAsync();
        foreach (var silo in silos)
            await silo.DisposeAsync();
        database.Dispose();
    }
}
