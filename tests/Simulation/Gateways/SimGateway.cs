using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Simulation.Checks;

namespace OrleansTasks.Simulation.Gateways;

/// <summary>
/// One start of a gateway: what the product's gateway does with grains, at a client of the cluster. Only HTTP is missing. Requests
/// come over connections that break when the process is killed.
/// </summary>
internal sealed class SimGateway
{
    private readonly List<IConnection> open = [];
    private readonly SimProcess process;
    private readonly CancellationTokenSource stopping = new();
    private readonly SimLink link;

    public SimGateway(SimCluster cluster, string name, Strictness strictness)
    {
        Silo = cluster.StartSilo(name, isClient: true);
        process = Silo.NewProcess("gateway");
        link = new SimLink(process.Clock);
        StartedAt = TimeSpan.FromTicks(cluster.Clock.GetTimestamp());
        var grains = new GatewayGrains(Silo.Grains, process.Clock, link);
        Pump = new SubmitPump(grains, new Idempotency(), link, process.Clock, strictness.CreateLogger<SubmitPump>());
        Control = new TaskControl(grains, new WorkflowControl(grains));
        var feed = new FeedHub(grains, Silo.Grains, link, new GatewayName(name), process.Clock, strictness.CreateLogger<FeedHub>());
        Waits = new TaskWaits(grains, feed, new Lifetime(stopping.Token), process.Clock);
        process.Run(() => feed.Run(stopping.Token));
    }

    /// <summary>Its place in the cluster.</summary>
    public SimSilo Silo { get; }

    /// <summary>When it was started, from the beginning of the run.</summary>
    public TimeSpan StartedAt { get; }

    public SubmitPump Pump { get; }

    public TaskControl Control { get; }

    public TaskWaits Waits { get; }

    /// <summary>A request over a connection of its own. Throws <see cref="IOException"/> when the gateway dies before it answers.</summary>
    public async Task<T> Ask<T>(Func<SimGateway, Task<T>> call)
    {
        var connection = new Connection<T>();
        open.Add(connection);
        process.Post(() => _ = connection.Serve(() => call(this)));
        try
        {
            return await connection.Answer;
        }
        finally
        {
            open.Remove(connection);
        }
    }

    /// <summary>It finds its way to the silos closed.</summary>
    public void LosesWay() => process.Post(link.Lose);

    /// <summary>It finds its way to the silos open again.</summary>
    public void FindsWay() => process.Post(link.Restore);

    /// <summary>Ends it as kill -9 does.</summary>
    public void Kill()
    {
        Silo.Kill();
        foreach (var connection in open.ToArray())
            connection.Break();
        stopping.Dispose();
    }

    private interface IConnection
    {
        void Break();
    }

    private sealed class Connection<T> : IConnection
    {
        private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Answer => answer.Task;

        public void Break() => answer.TrySetException(new IOException("The gateway closed the connection."));

        public async Task Serve(Func<Task<T>> call)
        {
            try
            {
                answer.TrySetResult(await call());
            }
            catch (Exception fault)
            {
                answer.TrySetException(fault);
            }
        }
    }

    private sealed class Lifetime(CancellationToken stopping) : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => stopping;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => throw new NotSupportedException("Simulated gateways are killed.");
    }
}
