using System.Data.Common;
using System.Text.Json;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient;

/// <summary>Submits tasks as a part of database transactions.</summary>
public static class TransactionExtensions
{
    /// <summary>
    /// Submits a task as a part of a transaction in the PostgreSQL database that the service stores its tasks in. Once
    /// the transaction is committed, the service creates the task, exactly once. If the transaction is rolled back, the
    /// task never exists.
    /// </summary>
    /// <param name="transaction">
    /// An open transaction, such as an <c>NpgsqlTransaction</c>. With Entity Framework Core:
    /// <c>db.Database.CurrentTransaction.GetDbTransaction()</c>.
    /// </param>
    /// <param name="spec">The task. The service checks it after the commit.</param>
    /// <param name="cancellation">Cancels the call. The transaction then cannot be committed any more.</param>
    /// <returns>The id that the task will have.</returns>
    /// <exception cref="InvalidOperationException">The transaction has ended.</exception>
    /// <exception cref="DbException">
    /// The database does not have the service's tables, the role may not submit tasks, the queue's name is invalid, or
    /// the task has more than 1 MiB.
    /// </exception>
    public static async Task<string> SubmitTaskAsync(
        this DbTransaction transaction, TaskSpec spec, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(spec);
        var connection = transaction.Connection ?? throw new InvalidOperationException("The transaction has ended.");
        // Throws if the transaction has ended. Npgsql would otherwise run the statement on its own and commit it.
        _ = transaction.IsolationLevel;
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction;
            command.CommandText = "SELECT ot.submit(CAST(@task AS json))::text";
            var task = command.CreateParameter();
            task.ParameterName = "task";
            task.Value = JsonSerializer.Serialize(spec, ApiJson.Default.TaskSpec);
            command.Parameters.Add(task);
            return (string)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
        }
    }
}
