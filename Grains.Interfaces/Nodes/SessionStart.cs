using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a worker had when it opened a session. Of the attempts of its earlier sessions it can never have others again: what comes
/// late over a stream of an earlier session is not taken.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="TreesDead">Whether every process of sessions before this one is dead.</param>
/// <param name="RunSessions">
/// Earlier sessions of the same run of the worker: what it was given in them and does not hold, it has never started, or the result is
/// settled. One that is not listed may be of another run whose registration came late.
/// </param>
/// <param name="Held">What it ran, or had results of.</param>
/// <param name="DeadSessions">Earlier sessions of which every process is dead, whatever is with others.</param>
[GenerateSerializer, Immutable, Alias("ot.SessionStart")]
public sealed record SessionStart(
    [property: Id(0)] long Session,
    [property: Id(1)] bool TreesDead,
    [property: Id(2)] ImmutableArray<long> RunSessions,
    [property: Id(3)] ImmutableArray<LeaseRef> Held,
    [property: Id(4)] ImmutableArray<long> DeadSessions);
