using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A node's registration and its fate since (<see cref="INodeStore"/>). The row of a killed worker looks like that of a
/// running one. Tasks can require its labels, sorted by key, and its limits. A registration keeps <c>Draining</c> and
/// clears <c>Gone</c>: a worker that said goodbye is silent but not lost. <c>SeenAt</c> is the latest registration or
/// goodbye, Unix milliseconds. While the node is alive, only its <c>Instance</c> can register again.
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
