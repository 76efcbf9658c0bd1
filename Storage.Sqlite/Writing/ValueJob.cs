using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// A write that returns a value. Its task fails with <see cref="StoreUnavailableException"/> if nothing was written,
/// with <see cref="StoreRefusedException"/> if that is due to its data, and with <see cref="OutcomeUnknownException"/>
/// if it is unknown.
/// </summary>
/// <param name="write">Writes and returns the value; runs in a transaction.</param>
/// <param name="cancellation">Cancels the write while it waits; once it runs, it finishes.</param>
internal sealed class ValueJob<T>(Func<Connection, T> write, CancellationToken cancellation = default) : WriteJob
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? value;

    internal Task<T> Completion => completion.Task;

    internal override bool Execute(Connection connection)
    {
        if (cancellation.IsCancellationRequested)
            return false;
        value = write(connection);
        return true;
    }

    internal override void Committed() => completion.TrySetResult(value!);

    internal override void Refused(SqliteFault? constraint)
    {
        if (constraint is null)
            completion.TrySetCanceled(cancellation);
        else
            completion.TrySetException(new StoreRefusedException(constraint.Detail));
    }

    internal override void Failed(string detail) => completion.TrySetException(new StoreUnavailableException(detail));

    internal override void Unknown(string detail) => completion.TrySetException(new OutcomeUnknownException(detail));
}
