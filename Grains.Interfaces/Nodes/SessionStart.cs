using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a worker had when it opened a session. Of the attempts of its earlier sessions it can never have others again: what comes
/// late over a stream of an earlier session is not taken.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="TreesDead">Whether every process of sessions before <paramref name="Since"/>, or before this one if that is 0, is dead.</param>
/// <param name="Since">
/// The first session that the same run of the worker has opened: what it was given since and does not hold, it has never started, or
/// the result is settled. 0 when the worker does not say.
/// </param>
/// <param name="Held">What it ran, or had results of.</param>
/// <param name="TreesDeadSince">The session from which on every process of sessions before this one is dead; 0 when that is not known.</param>
[GenerateSerializer, Immutable, Alias("ot.SessionStart")]
public sealed record SessionStart(
    [property: Id(0)] long Session,
    [property: Id(1)] bool TreesDead,
    [property: Id(2)] long Since,
    [property: Id(3)] ImmutableArray<LeaseRef> Held,
    [property: Id(4)] long TreesDeadSince = 0);
