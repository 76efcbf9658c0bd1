namespace OrleansTasks.Storage.Maintenance;

/// <summary>
/// What operators do with a whole store: create, inspect, back up and restore it. All methods throw
/// <see cref="UnusableDatabaseException"/> if the store or the backup cannot be used as it is; the message says what to
/// do.
/// </summary>
public interface IStoreMaintenance
{
    /// <summary>Creates the store if there is none; otherwise checks the existing one. Can be repeated.</summary>
    Task Init(CancellationToken cancellation);

    /// <summary>Reads the store's version and sizes. Changes nothing.</summary>
    Task<StoreStatus> Status(CancellationToken cancellation);

    /// <summary>
    /// Copies the store, as of one moment, into a new folder while the service may run. The folder appears when the
    /// copy is complete and on the disk. An interrupted copy leaves a folder whose name ends with <c>.partial</c>,
    /// which the next backup removes.
    /// </summary>
    Task Backup(string folder, CancellationToken cancellation);

    /// <summary>
    /// Fills an empty store from a backup of the same kind, all or nothing. Raises every epoch beyond any that a silo
    /// of the backed-up store may hold, so none of those silos can write to the new store. With
    /// <paramref name="isPaused"/>, pauses all queues, schedules and webhooks of the new store, so a service that
    /// starts on it runs and sends nothing until it is told to.
    /// </summary>
    Task Restore(string folder, bool isPaused, CancellationToken cancellation);
}
