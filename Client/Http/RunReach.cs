using OrleansTasks.Access;

namespace OrleansTasks.Client.Http;

/// <summary>What a key with the scope <see cref="Scopes.Run"/> reaches by a call whose own scopes it lacks.</summary>
public enum RunReach
{
    /// <summary>Nothing: the call is refused.</summary>
    Nothing,

    /// <summary>The definitions that the key may run; the call's handler limits itself to them.</summary>
    Definitions,

    /// <summary>
    /// What the key's definitions have started: the id in the path must be that of such a run, or of a task of one.
    /// </summary>
    Runs,
}
