using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>The whole engine on one thread in virtual time: what a simulation builds on.</summary>
internal sealed class StepWorld : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly TurnQueue _client;

    public StepWorld(int seed = 1, Action<EmbeddedEngineOptions>? configure = null)
    {
        Executor = new StepExecutor(seed);
        var services = new ServiceCollection();
        services.AddSingleton<IExecutor>(Executor);
        services.AddSingleton<TimeProvider>(Clock);
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.None));
        services.AddScoped<ActivationScoped>();
        services.AddEmbeddedEngine(options =>
        {
            options.GrainAssemblies.Add(Assembly.GetExecutingAssembly());
            options.StreamProviders.Add(IConformanceHost.Streams);
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider();
        Silo = _services.GetRequiredService<EmbeddedSilo>();
        Silo.Start();
        _client = new TurnQueue(Executor, this);
    }

    public StepExecutor Executor { get; }

    public VirtualTimeProvider Clock { get; } = new();

    public EmbeddedSilo Silo { get; }

    public IClusterClient Client => Silo.References;

    /// <summary>
    /// Runs client code and all that it sets in motion; time passes when there is nothing else to do.
    /// </summary>
    public T Run<T>(Func<Task<T>> code)
    {
        var task = Task.Factory.StartNew(code, CancellationToken.None, TaskCreationOptions.None, _client).Unwrap();
        for (var steps = 0; !task.IsCompleted; steps++)
        {
            if (steps > 200_000)
                throw new InvalidOperationException($"No end: {string.Join(" ", Executor.Trace.TakeLast(9))}.");
            if (!Executor.Step() && !Clock.AdvanceToNext()) throw new InvalidOperationException("It waits for ever.");
        }

        return task.GetAwaiter().GetResult();
    }

    public void Run(Func<Task> code) => Run(async () =>
    {
        await code();
        return true;
    });

    /// <summary>Runs what is ready without letting time pass.</summary>
    public void Settle()
    {
        while (Executor.Step())
        {
            // On to the next turn.
        }
    }

    /// <summary>Lets time pass; what it sets in motion runs.</summary>
    public void Pass(TimeSpan time)
    {
        Settle();
        var end = Clock.GetUtcNow() + time;
        while (Clock.NextDue <= end)
        {
            Clock.AdvanceToNext();
            Settle();
        }

        Clock.Advance(end - Clock.GetUtcNow());
        Settle();
    }

    public void Dispose() => _services.Dispose();
}
