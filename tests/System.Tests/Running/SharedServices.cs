using OrleansTasks.System.Tests.Running;

[assembly: AssemblyFixture(typeof(SharedServices))]

namespace OrleansTasks.System.Tests.Running;

/// <summary>
/// Services for the tests that need only a service. Tests use them at the same time, so a test names its tasks and queues, and asks
/// for no more than these.
/// </summary>
public sealed class SharedServices : DataFolders, IAsyncDisposable
{
    private readonly Lazy<Task<Service>> running;
    private readonly Lazy<Task<Service>> idle;

    public SharedServices()
    {
        running = new(() => Service.Start(In("running"), "--slots", "4"));
        idle = new(() => Service.Start(In("idle"), "--slots", "0"));
    }

    /// <summary>A service with four slots.</summary>
    internal Task<Service> Running => running.Value;

    /// <summary>A service without slots: its tasks wait.</summary>
    internal Task<Service> Idle => idle.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var service in new[] { running, idle })
        {
            if (service is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } started })
                await (await started).DisposeAsync();
        }

        Dispose();
    }
}
