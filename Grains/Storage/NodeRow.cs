using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A node as <see cref="INodeStore"/> keeps it: the latest registration of its worker, and what happened to the node
/// since. The node's grain reads it when it activates; the fleet grain lists the rows for people. A row does not tell
/// whether the node is alive: the row of a node whose worker was killed looks like that of a running node.
/// </summary>
/// <param name="Id">The node's name.</param>
/// <param name="Session">
/// The number of the node's latest session, from 1. Each registration opens a new session.
/// </param>
/// <param name="Instance">
/// Identifies the data folder of the worker that registered last. While the node is alive, a worker with another data
/// folder cannot register under its name.
/// </param>
/// <param name="Slots">How many tasks the worker runs at once; may be 0.</param>
/// <param name="Labels">The node's labels, sorted by key; tasks can require them.</param>
/// <param name="Enforces">The kinds of limits that the worker can enforce; tasks can require them.</param>
/// <param name="Version">The version of the worker's program.</param>
/// <param name="Address">The address from which the worker registered, for people.</param>
/// <param name="Draining">
/// Whether an operator wants the node to take no new work. A new registration does not change it.
/// </param>
/// <param name="Gone">
/// Whether the worker said goodbye, so that its silence is no sign of a lost node. The next registration makes this
/// false.
/// </param>
/// <param name="SeenAt">Unix milliseconds of the latest registration or goodbye. Heartbeats are not stored.</param>
/// <param name="EvaluatesChunks">Whether the worker can be sent chunks of data jobs.</param>
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
