using OrleansTasks.Audit;
using OrleansTasks.Triggers;

namespace OrleansTasks.Storage.Triggers;

/// <summary>
/// Triggers. All methods throw <see cref="StoreUnavailableException"/>; those that write also throw
/// <see cref="OutcomeUnknownException"/>. The store deletes no definition that a trigger starts.
/// </summary>
public interface ITriggerStore
{
    /// <summary>Stores a trigger, unless its definition does not exist or there are too many triggers.</summary>
    /// <param name="next">The trigger, with its secret. The creation time of an existing trigger is kept.</param>
    /// <param name="keepsSecret">Whether an existing trigger of the same kind keeps its secret.</param>
    /// <param name="onlyCreates">
    /// Whether an existing trigger stays as it is: <see cref="TriggerOutcome.Exists"/>. Of several calls at the same
    /// time, one creates.
    /// </param>
    /// <param name="audit">
    /// Makes the record to store with the change; null for none. Takes the trigger before the change, which is null for
    /// a new one, and the stored trigger.
    /// </param>
    Task<(TriggerOutcome Outcome, TriggerView? Stored)> Put(
        TriggerView next, bool keepsSecret, bool onlyCreates = false,
        Func<TriggerView?, TriggerView, AuditRecord?>? audit = null);

    /// <summary>
    /// Replaces the secret of a trigger, if the trigger has this kind. Returns false if there is no such trigger.
    /// </summary>
    Task<bool> SetSecret(TriggerView trigger, AuditRecord? audit = null);

    /// <summary>Returns a trigger with its secret; null if there is none.</summary>
    Task<TriggerView?> Find(string name);

    /// <summary>Returns triggers without secrets by name, after a name.</summary>
    Task<ImmutableArray<TriggerView>> List(string after, int limit);

    /// <summary>Deletes a trigger. Returns false if it does not exist.</summary>
    /// <param name="name">The trigger.</param>
    /// <param name="audit">
    /// Makes the record to store with the change; null for none. Takes the deleted trigger.
    /// </param>
    Task<bool> Delete(string name, Func<TriggerView, AuditRecord?>? audit = null);

    /// <summary>Returns the names of triggers that start a definition.</summary>
    Task<ImmutableArray<string>> Uses(string definition, int limit);
}
