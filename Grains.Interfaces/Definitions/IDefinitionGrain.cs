using OrleansTasks.Tasks;

namespace OrleansTasks.Definitions;

/// <summary>
/// Stores definitions and records their runs for gateways, which have no store. Every method throws
/// <see cref="OrleansTasks.Storage.StoreUnavailableException"/> if the store is unreachable.
/// </summary>
[Alias("ot.IDefinitionGrain")]
public interface IDefinitionGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain of this type.</summary>
    const string OnlyKey = "definitions";

    /// <summary>Stores a definition. Safe to repeat: the same body makes no further version.</summary>
    [Alias("Put")]
    Task<DefinitionReply> Put(DefinitionChange change);

    /// <summary>Returns a version of a definition, by default the latest; null if there is none.</summary>
    [Alias("Get")]
    Task<DefinitionView?> Get(string name, long? version);

    /// <summary>
    /// Returns the latest versions of definitions by name, from the one after <paramref name="after"/>.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<DefinitionView>> List(string prefix, string after, int limit);

    /// <summary>
    /// Returns the versions of a definition without bodies, newest first; null if there is no such definition.
    /// </summary>
    [Alias("History")]
    Task<ImmutableArray<DefinitionView>?> History(string name, long before, int limit);

    /// <summary>
    /// Deletes a definition. Returns false if it does not exist, or if a trigger starts it. A later definition of this
    /// name has higher versions.
    /// </summary>
    [Alias("Delete")]
    Task<bool> Delete(string name);

    /// <summary>
    /// Records a run before it starts. Returns the earlier run with the same idempotency key instead, if there is one;
    /// null if the definition does not exist. Safe to repeat with the same id.
    /// </summary>
    [Alias("AddRun")]
    Task<DefinitionRun?> AddRun(DefinitionRun run);

    /// <summary>Forgets a run that did not start, and its audit record.</summary>
    [Alias("RemoveRun")]
    Task RemoveRun(TaskId id);

    /// <summary>Records that a run has started. Returns false if it is not recorded.</summary>
    [Alias("Started")]
    Task<bool> Started(TaskId id);

    /// <summary>
    /// Returns the run that started a task, job, workflow or rollout; null if none did or it is forgotten.
    /// </summary>
    [Alias("FindRun")]
    Task<DefinitionRun?> FindRun(TaskId id);

    /// <summary>
    /// Returns runs of a definition, newest first, from the one before the number <paramref name="before"/>.
    /// </summary>
    [Alias("Runs")]
    Task<ImmutableArray<DefinitionRun>> Runs(string name, long before, int limit);
}
