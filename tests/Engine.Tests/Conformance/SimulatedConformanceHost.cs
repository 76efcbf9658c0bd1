using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;
using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Engine.Tests;

/// <summary>The suite's host in the simulation: two silos and a client, in virtual time on the test's thread.</summary>
internal sealed class SimulatedConformanceHost : IConformanceHost, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private readonly GrainStates _states = new();
    private readonly SimReminders _reminders;
    private readonly DistantStore _store;
    private readonly SimCluster _cluster;
    private readonly SimSilo _client;
    private readonly SimProcess _test;
    private int _elsewhere;

    public SimulatedConformanceHost()
    {
        _cluster = new SimCluster(new SimClusterOptions
        {
            Seed = 1,
            GrainAssemblies = [typeof(SimulatedConformanceHost).Assembly],
            StreamProviders = [IConformanceHost.Streams],
            ConfigureSilo = (services, _) => Configure(services),
            KeepsObservers = false,
        });
        _store = new DistantStore(_cluster, new SimRandom(1, "store"));
        _reminders = new SimReminders(_cluster, new SimRandom(1, "reminders"), _store);
        _cluster.StartSilo("one");
        _cluster.StartSilo("two");
        _client = _cluster.StartSilo("client", isClient: true);
        _test = _client.NewProcess("test");
    }

    public IClusterClient Client => _client.Grains;

    public TimeProvider Time => _test.Clock;

    private IEnumerable<SimSilo> Hosts => _cluster.Silos.Where(silo => silo != _client);

    /// <summary>Runs the test in turns of the client; time passes when there is nothing else to do.</summary>
    public void Run(Func<Task> test)
    {
        Task? running = null;
        var end = _cluster.Clock.GetUtcNow() + Longest;
        _test.Post(() => running = test());
        while (running is not { IsCompleted: true })
        {
            if (!_cluster.Step() || _cluster.Clock.GetUtcNow() > end) Assert.Fail("The test waits for something that never comes.");
        }

        running.GetAwaiter().GetResult();
    }

    public Task<T> Elsewhere<T>(Func<Task<T>> code)
    {
        var done = new TaskCompletionSource<T>();
        _client.NewProcess($"elsewhere {++_elsewhere}").Run(async () =>
        {
            var result = await code();
            _test.Post(() => done.SetResult(result));
        });
        return done.Task;
    }

    public Task CollectIdleAsync(TimeSpan age)
    {
        foreach (var silo in Hosts) silo.CollectIdle(age);
        return Task.CompletedTask;
    }

    public Task KillHostOfAsync(IAddressable grain)
    {
        Hosts.Single(silo => silo.Has(grain)).Kill();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(IAddressable grain)
    {
        Assert.True(_cluster.Forget(grain));
        return Task.CompletedTask;
    }

    public Task StopAsync() => Task.WhenAll(Hosts.Select(silo => silo.StopAsync(TimeSpan.FromSeconds(30))));

    public void Dispose() => _cluster.Dispose();

    private void Configure(IServiceCollection services)
    {
        ConformanceServices.Add(services);
        SimGrainStorage.Add(services, _cluster.Types, _store, _states);
        services.AddSingleton<IReminderRegistry>(_reminders);
    }
}

/// <summary>Runs tests in the simulation, each in one of its own.</summary>
public sealed class SimulatedHosts : IConformanceHosts
{
    public static SimulatedHosts All { get; } = new();

    public Task RunAsync(Func<IConformanceHost, Task> test)
    {
        // Code of the simulation goes on in its own scheduler, not in the test runner's context.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            using var host = new SimulatedConformanceHost();
            host.Run(() => test(host));
            return Task.CompletedTask;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public Task RunAloneAsync(Func<IConformanceHost, Task> test) => RunAsync(test);
}
