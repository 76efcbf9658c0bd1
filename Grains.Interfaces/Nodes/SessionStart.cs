using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a worker had when it opened a session. It takes nothing more from the streams of earlier sessions.
/// <c>RunSessions</c> are earlier sessions of the same run of the worker: their attempts that it does not hold never
/// started or are settled. Other sessions may be of another run that registered late. All processes of
/// <c>DeadSessions</c> are dead; with <c>TreesDead</c>, those of all earlier sessions are.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.SessionStart")]
public sealed record SessionStart(
    [property: Id(0)] long Session,
    [property: Id(1)] bool TreesDead,
    [property: Id(2)] ImmutableArray<long> RunSessions,
    [property: Id(3)] ImmutableArray<LeaseRef> Held,
    [property: Id(4)] ImmutableArray<long> DeadSessions);
