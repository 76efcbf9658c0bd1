using Npgsql;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>A connection used by one reader or writer, possibly inside a transaction.</summary>
/// <param name="connection">The open connection.</param>
/// <param name="cancellation">Cancels its statements.</param>
internal sealed class Session(NpgsqlConnection connection, CancellationToken cancellation)
{
    internal async Task<List<T>> All<T>(Query query, Func<Row, T> read)
    {
        var rows = new List<T>();
        await Each(query, row =>
        {
            rows.Add(read(row));
            return true;
        }).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Reads rows until <paramref name="take"/> returns false.</summary>
    internal async Task Each(Query query, Func<Row, bool> take)
    {
        await using var command = Command(query);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var row = new Row(reader);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false) && take(row))
        {
        }
    }

    /// <summary>Reads the first row. Returns the default value if there is none.</summary>
    internal async Task<T?> First<T>(Query query, Func<Row, T> read)
    {
        await using var command = Command(query);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false) ? read(new Row(reader)) : default;
    }

    /// <summary>Runs a statement and returns the number of rows that it changed.</summary>
    internal async Task<int> Run(Query query)
    {
        await using var command = Command(query);
        return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Runs a statement without parameters and returns the number of rows that it changed.</summary>
    internal Task<int> Run(string text) => Run(new Query(text));

    /// <summary>Runs statements in one round trip and returns the number of rows that they changed in total.</summary>
    internal async Task<int> RunAll(params IReadOnlyList<Query> queries)
    {
        if (queries.Count == 0)
            return 0;
        await using var batch = connection.CreateBatch();
        foreach (var query in queries)
        {
            var command = new NpgsqlBatchCommand(query.Text);
            foreach (var parameter in query.Parameters)
                command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
        }

        return await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private NpgsqlCommand Command(Query query)
    {
        var command = connection.CreateCommand();
        command.CommandText = query.Text;
        foreach (var parameter in query.Parameters)
            command.Parameters.Add(parameter);
        return command;
    }
}
