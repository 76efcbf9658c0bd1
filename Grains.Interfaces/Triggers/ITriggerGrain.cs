namespace OrleansTasks.Triggers;

/// <summary>
/// Stores triggers for gateways, which have no store. Every method throws
/// <see cref="OrleansTasks.Storage.StoreUnavailableException"/> if the store is unreachable.
/// </summary>
[Alias("ot.ITriggerGrain")]
public interface ITriggerGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain of this type.</summary>
    const string OnlyKey = "triggers";

    /// <summary>Stores a trigger. The reply has the secret if the service generated one.</summary>
    [Alias("Put")]
    Task<TriggerReply> Put(TriggerChange change);

    /// <summary>Replaces the secret of a trigger. The reply has the new one.</summary>
    [Alias("Rotate")]
    Task<TriggerReply> Rotate(string name);

    /// <summary>Returns a trigger with its secret; null if there is none.</summary>
    [Alias("Find")]
    Task<TriggerView?> Find(string name);

    /// <summary>Returns triggers without secrets by name, from the one after <paramref name="after"/>.</summary>
    [Alias("List")]
    Task<ImmutableArray<TriggerView>> List(string after, int limit);

    /// <summary>Deletes a trigger. Returns false if it does not exist.</summary>
    [Alias("Delete")]
    Task<bool> Delete(string name);

    /// <summary>Returns the names of the triggers that start a definition.</summary>
    [Alias("Uses")]
    Task<ImmutableArray<string>> Uses(string definition, int limit);
}
