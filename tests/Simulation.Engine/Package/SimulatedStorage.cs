using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Simulation;

/// <summary>
/// The store behind <c>[PersistentState]</c>, <c>Grain&lt;TState&gt;</c> and reminders, for providers of any name. It
/// survives the silos. A write takes effect on its way, so a silo that is killed may leave a write that nobody was told
/// of.
/// </summary>
public sealed class SimulatedStorage
{
    private readonly SimulatedCluster _cluster;
    private readonly GrainStates _states = new();

    internal SimulatedStorage(SimulatedCluster cluster, long seed)
    {
        _cluster = cluster;
        _states.Written = what => cluster.Note(what);
        Store = new DistantStore(cluster.Engine, new SimRandom(seed, "grain storage"));
    }

    /// <summary>The longest time until a request takes effect, and the longest time until its answer arrives.</summary>
    public TimeSpan LongestDelay
    {
        get => Store.Slowest;
        set => Store.Slowest = value;
    }

    /// <summary>The fraction of requests that fail without an effect, from 0 to 1.</summary>
    public double Failures
    {
        get => Store.Failures;
        set => Store.Failures = value;
    }

    /// <summary>
    /// The fraction of requests that take effect and fail nevertheless, as after a lost connection, from 0 to 1.
    /// </summary>
    public double LostAnswers
    {
        get => Store.LostAnswers;
        set => Store.LostAnswers = value;
    }

    internal DistantStore Store { get; }

    /// <summary>Reads what is stored now, for assertions.</summary>
    /// <typeparam name="T">The type of the state.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="stateName">The name in <c>[PersistentState]</c>; <c>state</c> for <c>Grain&lt;TState&gt;</c>.</param>
    /// <returns>The state, or the default if nothing is stored.</returns>
    public T? Read<T>(IAddressable grain, string stateName) =>
        _states.FindAnywhere(stateName, grain.GetGrainId()) is { } row ? row.Serializer.Deserialize<T>(row.Content) : default;

    internal void AddTo(IServiceCollection services) => SimGrainStorage.Add(services, _cluster.Engine.Types, Store, _states);
}
