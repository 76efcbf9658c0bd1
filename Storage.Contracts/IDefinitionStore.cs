using OrleansTasks.Audit;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Definitions with all of their versions, and their newest runs. All methods throw
/// <see cref="StoreUnavailableException"/>; those that write also throw <see cref="OutcomeUnknownException"/>. Times
/// are Unix milliseconds.
/// </summary>
public interface IDefinitionStore
{
    /// <summary>
    /// How long the last version number of a deleted definition is remembered, in milliseconds: 90 days.
    /// </summary>
    const long DeletedFor = 90L * 24 * 60 * 60 * 1_000;

    /// <summary>
    /// Stores a body as the next version of a definition, unless its latest version has the same bytes. The version to
    /// store has the number 0; its time and who stored it are kept.
    /// </summary>
    /// <param name="next">The version to store.</param>
    /// <param name="expected">The version that it must replace; 0 for none, null for any.</param>
    /// <param name="audit">
    /// Makes the record to store with the change; null for none. Takes the latest version before the change, which is
    /// null for a new definition, and the stored version.
    /// </param>
    Task<DefinitionReply> Put(
        DefinitionView next, long? expected, Func<DefinitionView?, DefinitionView, AuditRecord?>? audit = null);

    /// <summary>Returns a version, by default the latest; null if there is none.</summary>
    Task<DefinitionView?> Get(string name, long? version);

    /// <summary>Returns the latest versions of the definitions with a prefix, by name, after a name.</summary>
    Task<ImmutableArray<DefinitionView>> List(string prefix, string after, int limit);

    /// <summary>
    /// Returns the versions below <paramref name="before"/> without bodies, newest first; null if there is no such
    /// definition.
    /// </summary>
    Task<ImmutableArray<DefinitionView>?> History(string name, long before, int limit);

    /// <summary>
    /// Deletes a definition with its versions and runs. Returns false if it does not exist, or if a trigger starts it.
    /// </summary>
    /// <param name="name">The definition.</param>
    /// <param name="at">The time.</param>
    /// <param name="audit">
    /// Makes the record to store with the change; null for none. Takes the latest version.
    /// </param>
    Task<bool> Delete(string name, long at, Func<DefinitionView, AuditRecord?>? audit = null);

    /// <summary>
    /// Records a run, and forgets the oldest ones beyond <see cref="ServiceLimits.DefinitionRuns"/>. Returns the
    /// recorded run, or an earlier run with the same id or idempotency key; null if the definition does not exist. The
    /// audit record must have the run's id, so that <see cref="RemoveRun"/> finds it.
    /// </summary>
    Task<DefinitionRun?> AddRun(DefinitionRun run, AuditRecord? audit = null);

    /// <summary>Forgets a run that was refused, and its audit record.</summary>
    Task RemoveRun(TaskId id);

    /// <summary>Records that a run has started. Returns false if it is not recorded.</summary>
    Task<bool> Started(TaskId id);

    /// <summary>Returns a run; null if it is not recorded.</summary>
    Task<DefinitionRun?> FindRun(TaskId id);

    /// <summary>Returns the runs of a definition with numbers below <paramref name="before"/>, newest first.</summary>
    Task<ImmutableArray<DefinitionRun>> Runs(string name, long before, int limit);
}
