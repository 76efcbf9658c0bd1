using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A node's registration and what has changed since (<see cref="INodeStore"/>). A killed worker's row looks like that
/// of a running one. Tasks can require the node's labels (sorted by key) and limits. A registration keeps
/// <c>Draining</c> and clears <c>Gone</c>, which is set when the worker said goodbye: it is silent, but not lost.
/// <c>SeenAt</c> is the latest registration or goodbye, in Unix milliseconds. While the node is alive, only its
/// <c>Instance</c> can register again.
/// </summary>
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
