using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>A node as it is stored.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Session">The number of its latest session, from 1.</param>
/// <param name="Instance">Identifies the data folder of that session's worker.</param>
/// <param name="Slots">How many tasks it runs at once.</param>
/// <param name="Labels">Its labels, by key.</param>
/// <param name="Enforces">The limits it can enforce.</param>
/// <param name="Version">Its program's version.</param>
/// <param name="Address">The address from which it registered, for people.</param>
/// <param name="Draining">Whether it takes no new work.</param>
/// <param name="Gone">Whether it said goodbye. Its next registration makes this false.</param>
/// <param name="SeenAt">Unix milliseconds of the registration, or of the goodbye. Heartbeats are not stored.</param>
/// <param name="EvaluatesChunks">Whether it can be sent chunks of data jobs.</param>
public sealed record NodeRow(
    string Id,
    long Session,
    string Instance,
    int Slots,
    ImmutableArray<Label> Labels,
    Limits Enforces,
    string Version,
    string Address,
    bool Draining,
    bool Gone,
    long SeenAt,
    bool EvaluatesChunks);
