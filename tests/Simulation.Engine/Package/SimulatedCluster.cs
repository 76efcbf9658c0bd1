using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Timers;
using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Simulation;

/// <summary>
/// A cluster of silos with a client, the test, on one thread in virtual time. The seed decides the order of turns, the
/// way of every message and everything random. Time passes only when nothing is left to do at present.
/// </summary>
/// <example>
/// <code>
/// Seeds.Run(1000, from: 1, async sim =>
/// {
///     var account = sim.GrainFactory.GetGrain&lt;IAccount&gt;("a");
///     sim.Start(async () =>
///     {
///         await sim.Delay(sim.RandomTime(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
///         sim.RandomSilo().Restart();
///     });
///     await sim.Retry(() => account.Deposit("salary", 100));
///     Assert.Equal(100, await account.Balance());
/// });
/// </code>
/// </example>
public sealed class SimulatedCluster
{
    internal const string ClientName = "client";
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<Type, object> _shared = [];
    private readonly List<SimulatedSilo> _silos = [];
    private readonly SimulationOptions _options;
    private readonly SimReminders _reminders;
    private readonly StepLoggers _loggers;
    private readonly SimRandom _random;
    private readonly SimProcess _test;
    private readonly SimSilo _client;
    private readonly StepLog? _log;
    private int _silosStarted;
    private int _started;

    internal SimulatedCluster(long seed, SimulationOptions options, IReadOnlyList<Assembly> grains, StepLog? log)
    {
        (Seed, _options, _log) = (seed, options, log);
        _loggers = new StepLoggers(this, log);
        Engine = new SimCluster(new SimClusterOptions
        {
            Seed = seed,
            GrainAssemblies = grains,
            StreamProviders = options.StreamProviders,
            ConfigureSilo = (services, _) => Configure(services),
            ResponseTimeout = options.ResponseTimeout,
            CollectionAge = options.CollectionAge,
            RequiresServices = false,
        });
        if (log is not null) Engine.Trace.Watcher = log.Step;
        Storage = new SimulatedStorage(this, seed);
        Network = new SimulatedNetwork(this, Engine.Network);
        Engine.Streams.Happened = what => Note($"a stream item: {what}");
        _reminders = new SimReminders(Engine, new SimRandom(seed, "reminders"), Storage.Store) { Ticked = Note, Failed = Note };
        _random = new SimRandom(seed, "the test");
        for (var i = 0; i < options.Silos; i++) StartSilo();
        _client = Engine.StartSilo(ClientName, isClient: true);
        _test = _client.NewProcess("test");
    }

    /// <summary>The seed of this run.</summary>
    public long Seed { get; }

    /// <summary>References to grains and stream providers, for the test.</summary>
    public IClusterClient GrainFactory => _client.Grains;

    /// <summary>The silos that run, oldest first.</summary>
    public IReadOnlyList<SimulatedSilo> Silos => _silos.FindAll(static silo => silo.IsAlive);

    /// <summary>The network and its faults.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The store of grain states, and its faults.</summary>
    public SimulatedStorage Storage { get; }

    /// <summary>The virtual time, as the test's clock. Give it to everything that waits or asks for the time.</summary>
    public TimeProvider Time => _test.Clock;

    /// <summary>How much virtual time has passed.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Engine.Clock.GetTimestamp());

    /// <summary>Random numbers for the test, from the seed.</summary>
    public Random Random => _random;

    internal SimCluster Engine { get; }

    internal long Steps => Engine.Trace.Steps;

    /// <summary>Runs a test with one seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="test">The test.</param>
    /// <param name="options">What the cluster consists of.</param>
    /// <returns>What the run took.</returns>
    /// <exception cref="SeedFailedException">The test failed.</exception>
    public static SimulationResult Run(long seed, Func<SimulatedCluster, Task> test, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        return new SeedRunner(test, options ?? new SimulationOptions(), command: null, traceFile: null).RunOrThrow(seed, passed: 0);
    }

    /// <summary>Starts another silo.</summary>
    public SimulatedSilo StartSilo()
    {
        var silo = new SimulatedSilo(this, Engine.StartSilo($"silo-{++_silosStarted}"));
        _silos.Add(silo);
        Note($"{silo} starts");
        return silo;
    }

    /// <summary>One of the silos that run, by chance.</summary>
    public SimulatedSilo RandomSilo()
    {
        var silos = Silos;
        return silos.Count == 0 ? throw new InvalidOperationException("No silo runs.") : silos[_random.Next(silos.Count)];
    }

    /// <summary>A time between two, by chance.</summary>
    /// <param name="least">The shortest.</param>
    /// <param name="most">The longest.</param>
    public TimeSpan RandomTime(TimeSpan least, TimeSpan most) => _random.Between(least, most);

    /// <summary>Waits in virtual time.</summary>
    /// <param name="time">How long.</param>
    public Task Delay(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>
    /// Runs code beside the test, such as a second caller or a series of faults. An exception that it lets out fails
    /// the test. Nothing waits for code that still runs when the test ends, unless the test awaits the result.
    /// </summary>
    /// <param name="code">The code.</param>
    /// <returns>Ends when the code ends.</returns>
    public Task Start(Func<Task> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        var ended = new TaskCompletionSource();
        _client.NewProcess(FormattableString.Invariant($"started-{++_started}")).Run(async () =>
        {
            await code();
            ended.SetResult();
        });
        return ended.Task;
    }

    /// <summary>
    /// Repeats a call until it is answered, as a caller does that does not know whether a failed call took effect:
    /// after a timeout, a dead silo and any other exception of Orleans.
    /// </summary>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <param name="call">The call.</param>
    public async Task<T> Retry<T>(Func<Task<T>> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception failure) when (failure is OrleansException or TimeoutException)
            {
                Note($"a call is repeated: {failure.Message}");
            }

            await Delay(RetryPause);
        }
    }

    /// <summary>Repeats a call without a result until it is answered.</summary>
    /// <param name="call">The call.</param>
    public Task Retry(Func<Task> call) => Retry(async () =>
    {
        await call();
        return true;
    });

    /// <summary>
    /// Has the directory of grains lose an activation. The activation continues, the next call makes a second one, and
    /// for up to 10 s some callers still reach the first.
    /// </summary>
    /// <param name="grain">The grain.</param>
    /// <returns>Whether the grain was active.</returns>
    public bool LoseActivation(IAddressable grain)
    {
        Note($"the directory loses {grain.GetGrainId()}");
        return Engine.Forget(grain);
    }

    /// <summary>
    /// An object of this run, made when first asked for. Silos use it to share the fake of a database or a remote
    /// service.
    /// </summary>
    /// <typeparam name="T">The type, of which the run has one object.</typeparam>
    /// <param name="make">Makes the object.</param>
    public T Shared<T>(Func<T> make)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(make);
        if (!_shared.TryGetValue(typeof(T), out var found)) _shared.Add(typeof(T), found = make());
        return (T)found;
    }

    /// <summary>Writes a line to the trace.</summary>
    /// <param name="text">The line.</param>
    public void Note(string text) => _log?.Note(Elapsed, text);

    /// <summary>Runs the test to its end.</summary>
    /// <exception cref="SimulationException">It has no end, or something failed beside it.</exception>
    internal void RunToEnd(Func<SimulatedCluster, Task> test)
    {
        Task? running = null;
        _test.Post(() => running = test(this));
        while (running is not { IsCompleted: true })
        {
            if (!Engine.Step())
            {
                throw new SimulationException(
                    "The test waits for something that never comes. The simulation has no work and no timer left. "
                    + "Code that waits outside of the simulation (Task.Delay without a TimeProvider, Task.Run, I/O) looks like this.");
            }

            if (Elapsed > _options.TimeLimit)
                throw new SimulationException($"The test had not ended after {_options.TimeLimit} of virtual time (TimeLimit).");
        }

        running.GetAwaiter().GetResult();
    }

    private void Configure(IServiceCollection services)
    {
        services.AddSingleton<ILoggerFactory>(_loggers);
        services.AddSingleton<IReminderRegistry>(_reminders);
        Storage.AddTo(services);
        _options.ConfigureServices?.Invoke(services, this);
    }
}
